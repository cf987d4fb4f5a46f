// The wasm: up to four messages at once. It has no glue, because only numbers cross its border.

/** How many messages are hashed at once. */
export const LANES = 4;

export class Hasher {
  #wasm;
  #memory;
  #stateSize;
  /** What `hash` keeps in a message that has no byte yet. */
  emptyState;
  /** Bytes of one message that are hashed at a time. */
  partSize;

  /** `module` is a WebAssembly.Module. */
  constructor(module) {
    this.#wasm = new WebAssembly.Instance(module).exports;
    this.#memory = new Uint8Array(this.#wasm.memory.buffer);
    this.#stateSize = this.#wasm.lane_size();
    this.emptyState = this.#state(0).slice();
    this.partSize = this.#wasm.buffer_size();
  }

  /**
   * Hashes one part of each of at most four messages, `{ state, part, isLast }`. What is kept goes to
   * `state`; a message whose last part this was gets its `digest`, and begins anew.
   */
  hash(messages) {
    const lengths = [0, 0, 0, 0];
    for (const [lane, { state, part }] of messages.entries()) {
      this.#state(lane).set(state);
      this.#memory.set(part, this.#wasm.buffer() + lane * this.partSize);
      lengths[lane] = part.length;
    }
    this.#wasm.update(...lengths);
    for (const [lane, message] of messages.entries()) {
      if (message.isLast) message.digest = this.#finish(lane);
      message.state = this.#state(lane).slice();
    }
  }

  #finish(lane) {
    const at = this.#wasm.finish(lane);
    const bytes = Array.from(this.#memory.subarray(at, at + 16));
    return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  #state(lane) {
    const at = this.#wasm.lane(lane);
    return this.#memory.subarray(at, at + this.#stateSize);
  }
}

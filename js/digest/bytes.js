// The bytes of a part of a file, in order. A stream, because the browser reads on behind it while
// what has come is hashed; into a buffer of our own where it can be, which saves copies.

const BUFFER = 1024 * 1024;

export class Bytes {
  #reader;
  #buffer;
  #left;

  constructor(file, start, end) {
    const stream = file.slice(start, end).stream();
    this.#left = end - start;
    try {
      this.#reader = stream.getReader({ mode: 'byob' });
      this.#buffer = new ArrayBuffer(Math.min(BUFFER, this.#left));
    } catch {
      this.#reader = stream.getReader();
    }
  }

  /** The next bytes; they are good until the next call. */
  async next() {
    const { value } = await this.#reader.read(...this.#view());
    const length = value?.length ?? 0;
    if (length === 0 || length > this.#left) throw new Error('the file has another length');
    if (this.#buffer) this.#buffer = value.buffer;
    this.#left -= length;
    return value;
  }

  close() {
    this.#reader.cancel().catch(() => {});
  }

  #view() {
    return this.#buffer ? [new Uint8Array(this.#buffer)] : [];
  }
}

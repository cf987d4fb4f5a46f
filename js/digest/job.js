// What was asked for: the digests of consecutive messages in a part of a file.

import { LANES } from './hasher.js';
import { Stretch } from './stretch.js';

/** A stretch is not much longer, so that a disk does not have to jump far between four of them. */
const STRETCH = 32 * 1024 * 1024;

export class Job {
  /** Bytes hashed so far. */
  bytes = 0;
  digests = [];
  /** Stretches that were begun and are not over. */
  open = 0;
  #next;
  #number = 0;

  /** `chunk_size` may be missing: then it is one message. `tells` is whether progress is wanted. */
  constructor({ id, file, start, end, chunk_size, tells }) {
    this.id = id;
    this.file = file;
    this.end = end;
    this.tells = tells;
    this.size = chunk_size ?? end - start;
    this.#next = start;
    this.together = messagesOfStretch(end - start, this.size);
  }

  /** Whether there is a stretch that was not begun and that has a lane to go to. */
  get hasNext() {
    return !this.isBegun && this.open < LANES;
  }

  get isBegun() {
    return this.#number > 0 && this.#next === this.end;
  }

  get isOver() {
    return this.isBegun && this.open === 0;
  }

  next(state) {
    const start = this.#next;
    const end = Math.min(start + this.size * this.together, this.end);
    const stretch = new Stretch(this, { start, end, size: this.size, number: this.#number }, state);
    this.#next = end;
    this.#number += this.together;
    this.open += 1;
    return stretch;
  }

  /**
   * Finds out whether the file is still the one that was read. For a part of it that would cost as
   * much as a megabyte.
   */
  async check() {
    if (this.end < this.file.size) return;
    // Of an empty slice a browser reads nothing; and a file that is gone may have the size 0.
    const part = this.end > 0 ? this.file.slice(this.end - 1, this.end) : this.file;
    await part.stream().getReader().read();
  }
}

function messagesOfStretch(bytes, size) {
  const forEachLane = Math.ceil(bytes / size / LANES) || 1;
  return Math.max(1, Math.min(forEachLane, Math.floor(STRETCH / size) || 1));
}

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
  /** Those that were not begun. */
  #left;

  /** `chunk_size` may be missing: then it is one message. `tells` is whether progress is wanted. */
  constructor({ id, file, start, end, chunk_size, tells }) {
    this.id = id;
    this.file = file;
    this.end = end;
    this.tells = tells;
    /** That of a message; the last one may be shorter. */
    this.size = chunk_size ?? end - start;
    this.#left = stretchesOf(start, end, this.size);
  }

  /** Whether there is a stretch that was not begun and that has a lane to go to. */
  get hasNext() {
    return this.#left.length > 0 && this.open < LANES;
  }

  get isOver() {
    return this.#left.length === 0 && this.open === 0;
  }

  next(state) {
    this.open += 1;
    return new Stretch(this, this.#left.shift(), state);
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

function stretchesOf(start, end, size) {
  const forEachLane = Math.ceil((end - start) / size / LANES) || 1;
  const together = Math.max(1, Math.min(forEachLane, Math.floor(STRETCH / size) || 1));
  const length = Math.ceil((end - start) / size / together) || 1;
  return Array.from({ length }, (_, i) => {
    const first = start + i * together * size;
    return { start: first, end: Math.min(first + together * size, end), number: i * together };
  });
}

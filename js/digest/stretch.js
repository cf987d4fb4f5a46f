// Consecutive messages of one file, such as its chunks, which are read in one go.

import { bytesOf } from './bytes.js';

export class Stretch {
  /** What is kept of the message under way; see `Hasher`. */
  state;
  /** What comes next of it, as far as `take` was told. */
  part;
  isLast = false;
  digest;
  #bytes;
  #loaded = null;
  #isReading = false;
  #position;
  #end;
  #messageEnd;
  #number;

  /** `number` is that of the first message. */
  constructor(job, { start, end, number }, state) {
    this.job = job;
    this.state = state;
    this.#position = start;
    this.#end = end;
    this.#number = number;
    this.#messageEnd = Math.min(start + job.size, end);
    // An empty message has nothing to be waited for.
    if (start === end) this.#loaded = new Uint8Array();
    else this.#bytes = bytesOf(job.file, start, end);
  }

  /** Whether there are bytes to be hashed. */
  get isReady() {
    return this.#loaded !== null;
  }

  get isOver() {
    return this.#position === this.#end && !this.isReady;
  }

  /** Whether there is something to be read, and nothing left to be hashed before. */
  get isHungry() {
    return !this.isReady && !this.#isReading && this.#position < this.#end;
  }

  async read() {
    this.#isReading = true;
    this.#loaded = await this.#bytes.next();
    this.#isReading = false;
  }

  /** Makes the next bytes the `part`, at most `limit`. */
  take(limit) {
    const length = Math.min(this.#loaded.length, limit, this.#messageEnd - this.#position);
    this.part = this.#loaded.subarray(0, length);
    this.#loaded = length < this.#loaded.length ? this.#loaded.subarray(length) : null;
    this.#position += length;
    this.isLast = this.#position === this.#messageEnd;
  }

  /** Tells the job about the part that was hashed. */
  report() {
    this.job.bytes += this.part.length;
    if (!this.isLast) return;
    this.job.digests[this.#number] = this.digest;
    this.#number += 1;
    this.#messageEnd = Math.min(this.#position + this.job.size, this.#end);
  }

  close() {
    this.#bytes?.close();
  }
}

// What the uploader and the fingerprints build on: MD5 of parts of files, in a worker.
//
//   const job = digests.start(file, { start, end });
//   const [digest] = await job.done;     // 32 lower-case hexadecimal digits
//   job.cancel();                        // `done` is rejected with what cancel was given
//
// - `start` (0) and `end` (file.size) are bytes. With `chunk_size`, `done` has one digest for each
//   chunk of that many bytes, the last one of what is left; without, it has one.
// - Any number of jobs may be under way. Four messages are hashed at once, be they chunks of one job
//   or of several; a message that is alone gets about a third of that speed. Eight parts of files are
//   read at once and four of one job; others wait for their turn, in the order of `start`.
// - `onprogress(bytes)` is told how many bytes are hashed, at most ten times a second, and all at the
//   end, before `done`.
// - `done` is rejected with an `UploadError` of the kind `file_changed` when the file cannot be read
//   or is not what it was, and with an `Error` when there is no way to hash. A change while a part is
//   read that does not reach to the end of the file is left to who reads that part again.
// - The worker is there from the first `start` on, until nothing was asked for ten seconds. Where no
//   worker may be, the page hashes, a few milliseconds at a time.

import { FILE_CHANGED } from '../error-codes.js';
import { openHost } from './host.js';

const IDLE_MS = 10_000;

export class Digests {
  #surroundings;
  #host = null;
  #jobs = new Map();
  #nextId = 0;
  #idle;

  /** What differs between the builds; see `openHost`, and `UploadError`. */
  constructor(surroundings) {
    this.#surroundings = surroundings;
  }

  start(file, { start = 0, end = file.size, chunk_size, onprogress } = {}) {
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve, reject } = withResolvers();
    this.#jobs.set(id, { resolve, reject, onprogress, bytes: end - start });
    clearTimeout(this.#idle);
    const tells = onprogress !== undefined;
    this.#send({ start: { id, file, start, end, chunk_size, tells } });
    return {
      done: promise,
      cancel: (reason) => {
        if (!this.#settle(id)) return;
        this.#send({ cancel: { id } });
        reject(reason);
      },
    };
  }

  /** Messages reach the host in the order in which they were sent. */
  #send(message) {
    this.#host ??= openHost(this.#surroundings, {
      hear: (told) => this.#hear(told),
      fail: (error) => this.#failAll(error),
    });
    this.#host.then(
      (host) => host.post(message),
      (error) => this.#failAll(error),
    );
  }

  #hear({ id, bytes, digests, error }) {
    if (bytes !== undefined) {
      report(this.#jobs.get(id), bytes);
      return;
    }
    const job = this.#settle(id);
    if (!job) return;
    if (digests) {
      report(job, job.bytes);
      job.resolve(digests);
    } else {
      const message = `the file was changed or cannot be read: ${error}`;
      job.reject(new this.#surroundings.UploadError('file_changed', FILE_CHANGED, message));
    }
  }

  /** The job is not under way any more; returns it if it was. */
  #settle(id) {
    const job = this.#jobs.get(id);
    if (this.#jobs.delete(id) && this.#jobs.size === 0)
      this.#idle = setTimeout(() => this.#close(), IDLE_MS);
    return job;
  }

  #failAll(error) {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    this.#close();
    for (const { reject } of jobs) reject(error);
  }

  #close() {
    clearTimeout(this.#idle);
    this.#host?.then(
      (host) => host.close(),
      () => {},
    );
    this.#host = null;
  }
}

/** A callback that throws is its owner's affair, and not that of others who hash. */
function report(job, bytes) {
  try {
    job?.onprogress?.(bytes);
  } catch (error) {
    reportError(error);
  }
}

function withResolvers() {
  let resolve, reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

// What the uploader and the fingerprints build on: MD5 of parts of files, in a worker. How it is used
// is said in ../internal/digests.d.ts.

/** @import { Request, Job } from '../internal/digests.d.ts' */

import { openHost } from './host.js';

/** A browser tells no folder from a file, nor why it cannot read: all it may say is "network error". */
const UNREADABLE =
  'the file cannot be read: it was changed, moved or deleted after it was chosen, or it is a folder';
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

  /** @type {(file: Blob, request?: Request) => Job} */
  start(file, { start = 0, end = file.size, chunk_size, onprogress } = {}) {
    const id = this.#nextId;
    this.#nextId += 1;
    const done = new Promise((resolve, reject) => {
      this.#jobs.set(id, { resolve, reject, onprogress, bytes: end - start });
    });
    clearTimeout(this.#idle);
    this.#send({ start: { id, file, start, end, chunk_size, tells: onprogress !== undefined } });
    return { done, cancel: (reason) => this.#cancel(id, reason) };
  }

  #cancel(id, reason) {
    const job = this.#settle(id);
    if (!job) return;
    this.#send({ cancel: { id } });
    job.reject(reason);
  }

  /** Messages reach the host in the order in which they were sent. */
  #send(message) {
    this.#host ??= openHost(this.#surroundings, {
      hear: (told) => this.#hear(told),
      fail: (error) => this.#failAll(error),
    });
    this.#host.then((host) => host.post(message)).catch((error) => this.#failAll(error));
  }

  #hear({ id, bytes, digests }) {
    if (bytes !== undefined) return report(this.#jobs.get(id), bytes);
    const job = this.#settle(id);
    if (!job) return;
    if (digests) {
      report(job, job.bytes);
      job.resolve(digests);
    } else {
      job.reject(new this.#surroundings.UploadError('file_changed', 7, UNREADABLE));
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
    this.#host?.then((host) => host.close()).catch(() => {});
    this.#host = null;
  }
}

/** A callback that throws is its owner's affair, and not that of others who hash. */
function report(job, bytes) {
  queueMicrotask(() => job?.onprogress?.(bytes));
}

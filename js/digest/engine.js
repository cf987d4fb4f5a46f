// Reads and hashes everything that was asked for, four messages at once where there are so many.

import { Hasher, LANES } from './hasher.js';
import { Job } from './job.js';

/** How many stretches are read at once, which bounds the memory: each has up to 3 MiB. */
const OPEN = 8;
/** How long to hash before something else gets a turn. */
const TURN_MS = 8;
/** How often progress is told. */
const PROGRESS_MS = 100;

export class Engine {
  #hasher;
  #tell;
  #jobs = new Map();
  #stretches = [];
  #isRunning = false;
  /** Whether something has changed since the last look at what there is to do. */
  #isStirred = false;
  #wake = null;
  #toldAt = 0;
  #channel = new MessageChannel();

  /** `tell` gets `{ id, bytes }`, and at the end `{ id, digests }`, without them if it failed. */
  constructor(module, tell) {
    this.#hasher = new Hasher(module);
    this.#tell = tell;
  }

  start(request) {
    this.#jobs.set(request.id, new Job(request));
    this.#stir();
    this.#run();
  }

  cancel(id) {
    this.#drop(this.#jobs.get(id));
  }

  async #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#jobs.size > 0) {
      this.#isStirred = false;
      this.#open();
      for (const stretch of this.#stretches) if (stretch.isHungry) this.#read(stretch);
      // Reads that are done are only noticed in a turn of their own.
      await this.#turn();
      if (this.#stretches.some((stretch) => stretch.isReady)) this.#hash();
      else if (!this.#isStirred) await new Promise((wake) => (this.#wake = wake));
    }
    this.#isRunning = false;
  }

  /** Resolves after everything that waits to be done by now. */
  #turn() {
    return new Promise((resolve) => {
      this.#channel.port1.onmessage = resolve;
      this.#channel.port2.postMessage(null);
    });
  }

  /** Begins stretches, of one job after the other. */
  #open() {
    let room = OPEN - this.#stretches.length;
    for (const job of this.#jobs.values()) {
      while (room > 0 && job.hasNext) {
        this.#stretches.push(job.next(this.#hasher.emptyState));
        room -= 1;
      }
    }
  }

  async #read(stretch) {
    await this.#attempt(stretch.job, () => stretch.read());
    this.#stir();
  }

  #stir() {
    this.#isStirred = true;
    this.#wake?.();
  }

  /** Hashes until there is something to be read. */
  #hash() {
    const end = performance.now() + TURN_MS;
    const now = this.#stretches.filter((stretch) => stretch.isReady).slice(0, LANES);
    do {
      for (const stretch of now) stretch.take(this.#hasher.partSize);
      this.#hasher.hash(now);
      for (const stretch of now) stretch.report();
    } while (now.every((stretch) => stretch.isReady) && performance.now() < end);
    // Whoever had a turn is the last to get the next one.
    const others = this.#stretches.filter((stretch) => !now.includes(stretch));
    this.#stretches = [...others, ...now.filter((stretch) => !stretch.isOver)];
    for (const stretch of now) if (stretch.isOver) this.#close(stretch);
    this.#tellProgress();
  }

  #close(stretch) {
    const { job } = stretch;
    stretch.close();
    job.open -= 1;
    if (job.isOver) this.#finish(job);
  }

  async #finish(job) {
    await this.#attempt(job, () => job.check());
    if (this.#jobs.delete(job.id)) this.#tell({ id: job.id, digests: job.digests });
    this.#stir();
  }

  /** Does what only fails if the file cannot be read or is not what it was. */
  async #attempt(job, act) {
    try {
      await act();
    } catch {
      if (!this.#jobs.has(job.id)) return;
      this.#drop(job);
      this.#tell({ id: job.id });
    }
  }

  #drop(job) {
    if (!job) return;
    this.#jobs.delete(job.id);
    for (const stretch of this.#stretches) if (stretch.job === job) stretch.close();
    this.#stretches = this.#stretches.filter((stretch) => stretch.job !== job);
    this.#stir();
  }

  #tellProgress() {
    const now = performance.now();
    if (now - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = now;
    for (const { id, bytes, tells, isOver } of this.#jobs.values()) {
      // Its end is told when it was looked at once more.
      if (tells && !isOver) this.#tell({ id, bytes });
    }
  }
}

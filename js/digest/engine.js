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
  #wake = () => {};
  #toldAt = 0;
  #turns = turns();

  /** `tell` gets `{ id, bytes }`, and at the end `{ id, digests }` or `{ id, error }`. */
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
      await this.#turns();
      if (this.#stretches.some((stretch) => stretch.isReady)) this.#hash();
      else if (!this.#isStirred) await this.#somethingHappens();
    }
    this.#isRunning = false;
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
    try {
      await stretch.read();
    } catch (error) {
      this.#fail(stretch.job, error);
    }
    this.#stir();
  }

  #stir() {
    this.#isStirred = true;
    this.#wake();
  }

  #somethingHappens() {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
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
    try {
      await job.check();
    } catch (error) {
      this.#fail(job, error);
    }
    if (!this.#jobs.delete(job.id)) return;
    this.#tell({ id: job.id, digests: job.digests });
    this.#stir();
  }

  #fail(job, error) {
    if (!this.#jobs.has(job.id)) return;
    this.#drop(job);
    this.#tell({ id: job.id, error: error.message });
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
    for (const { id, bytes, tells } of this.#jobs.values()) if (tells) this.#tell({ id, bytes });
  }
}

/** Makes a function whose promise is fulfilled after everything that waits to be done by now. */
function turns() {
  const { port1, port2 } = new MessageChannel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}

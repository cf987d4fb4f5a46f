/** Runs asynchronous jobs, at most `limit` at a time, in the order in which they came. */
export class Queue {
  #waiting = [];
  #running = 0;
  #limit;

  constructor(limit) {
    this.#limit = limit;
  }

  /** A job begins when it is its turn, and gives its place back when its promise settles. */
  add(job) {
    this.#waiting.push(job);
    this.#next();
  }

  remove(job) {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== job);
  }

  #next() {
    while (this.#running < this.#limit && this.#waiting.length > 0)
      this.#run(this.#waiting.shift());
  }

  async #run(job) {
    this.#running += 1;
    try {
      await job();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }
}

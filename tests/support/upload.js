import { until } from './wait.js';

/** An uploader in the page, seen from the test. */
export class Upload {
  constructor(page, number, ticket, file) {
    this.page = page;
    this.number = number;
    this.ticket = ticket;
    this.file = file;
  }

  start() {
    return this.call('start');
  }

  /** Calls a function of the uploader; the answer is whether it returned the uploader. */
  call(name, ...args) {
    return this.page.evaluate(
      ([number, name, args]) => {
        const { o } = uploads[number];
        return o[name](...args) === o;
      },
      [this.number, name, args],
    );
  }

  /** All properties as they are now. */
  look() {
    return this.page.evaluate(
      (number) => JSON.parse(JSON.stringify(uploads[number].o)),
      this.number,
    );
  }

  /** The callbacks that were called, without `onprogress`. */
  calls() {
    return this.page.evaluate((number) => uploads[number].calls, this.number);
  }

  /** Each `frac_complete` that was reported. */
  progress() {
    return this.page.evaluate((number) => uploads[number].progress, this.number);
  }

  /** What it said about itself, in order: state, state_msg and last_error whenever one was another. */
  said() {
    return this.page.evaluate((number) => uploads[number].said, this.number);
  }

  /** Waits for a state in which `condition(properties)` holds, and returns it. */
  until(what, condition) {
    return until(what, async () => {
      const state = await this.look();
      return condition(state) && state;
    });
  }

  /** Waits until some bytes were confirmed and some were not. */
  underway() {
    return this.until('the upload is under way', (o) => o.bytes_acked > 0 && o.frac_complete < 1);
  }

  /** How the promise `done` was settled, as soon as it is. */
  outcome() {
    return until('the upload is over', () =>
      this.page.evaluate((number) => uploads[number].outcome, this.number),
    );
  }
}

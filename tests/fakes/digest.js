// What hashes, as if every message had the same MD5 and reading took as long as the test wants.

/** The digest of everything. */
const MD5 = '5d41402abc4b2a76b9719d911017c592';

const jobs = [];
let isManual = false;
let refusal = null;

class FakeJob {
  isCancelled = false;

  constructor({ start, end, onprogress }) {
    this.range = `${start}-${end}`;
    this.progress = onprogress;
    this.done = new Promise((resolve, reject) => {
      this.finish = () => resolve([MD5]);
      this.fail = reject;
    });
    if (!isManual) this.finish();
    jobs.push(this);
  }

  cancel(reason) {
    this.isCancelled = true;
    this.fail(reason);
  }
}

/** As `make` of the package. */
export function make() {
  if (refusal) throw new Error(refusal);
  return { digests: { start: (_file, request) => new FakeJob(request) } };
}

/** From now on nothing was hashed; jobs wait for the test if it wants so. */
export function takeOverDigests(waits) {
  jobs.length = 0;
  isManual = waits;
  refusal = null;
}

/** From now on what hashes cannot be loaded. */
export function refuseDigests(words) {
  refusal = words;
}

/** The jobs that were begun, in order. */
export function begunJobs() {
  return jobs;
}

/** Where this file lies. */
export function partsUrl() {
  return new URL('.', import.meta.url).href;
}

// The face of the package: one object per file, its state in plain properties, as Incoming!! had it.

import { set_server_hostname } from './address.js';
import { hostOf } from './host.js';

/** Why an upload or a fingerprint did not finish. */
export class UploadError extends Error {
  constructor(kind, code, message) {
    super(message);
    this.name = 'UploadError';
    this.kind = kind;
    this.code = code;
  }
}

/** How often what resumes may fail to load before the upload goes on without. */
const MOST_FAILURES = 3;

/**
 * Makes the public functions from the exports of the wasm. `digest` loads what hashes, and
 * `checkpoints` what resumes after a reload: only pages that do should have to.
 */
export function face({ Driver }, digest, checkpoints) {
  function Uploader(upload_id, file, options) {
    const uploader = Object.create(Uploader.prototype);
    for (const name of ['onprogress', 'onfinished', 'oncancelled', 'onerror']) {
      uploader[name] = () => {};
    }
    uploader.resumable = false;
    const signal = options?.signal;
    if (signal && !(signal instanceof AbortSignal)) {
      throw new TypeError('incoming.Uploader: expected an AbortSignal as signal');
    }
    const run = oneRunAfterAnother(uploader);
    let keeper;
    let failures = 0;
    const keep = () => {
      keeper ??= checkpoints().then(
        (made) => made.keeper({ uploader, upload_id, file, options, host }),
        (error) => {
          keeper = null;
          failures += 1;
          if (failures < MOST_FAILURES || typeof upload_id === 'function') throw error;
          return { recall: (_, { recalled }) => recalled() };
        },
      );
      return keeper;
    };
    const host = hostOf(file, options, run.settle, digest, keep);
    const driver = new Driver(uploader, upload_id, file, options, host);
    host.driver = driver;
    run.listen(globalThis, 'online', () => driver.came_online());
    uploader.start = () => {
      if (uploader.error_code !== null && !uploader.cancelled) run.begin();
      driver.start();
      return uploader;
    };
    uploader.pause = (what) => {
      driver.pause(what);
      return uploader;
    };
    uploader.cancel = (reason) => {
      driver.cancel(reason);
      return uploader;
    };
    uploader.remove = () => {
      driver.remove();
      return uploader;
    };
    if (signal) obey(signal, uploader, run);
    return uploader;
  }
  return {
    Uploader,
    UploadError,
    set_server_hostname,
    fingerprint: async (...given) => (await digest()).fingerprint(...given),
    fingerprint_chunks: async (...given) => (await digest()).fingerprint_chunks(...given),
    pending: async () => (await checkpoints()).pending(),
    forget: async (...given) => (await checkpoints()).forget(...given),
    version: __VERSION__,
  };
}

/** Cancels the upload when the signal says so, or has said so already. */
function obey(signal, uploader, run) {
  const cancel = () => uploader.cancel(String(signal.reason?.message ?? signal.reason));
  if (signal.aborted) cancel();
  else run.listen(signal, 'abort', cancel);
}

/** Keeps `done`: a new promise whenever an upload that failed is started again. */
function oneRunAfterAnother(uploader) {
  let resolve, reject;
  const begin = () => {
    uploader.done = new Promise((...both) => ([resolve, reject] = both));
    // A page that only uses callbacks is not to blame for a rejection that nobody looks at.
    uploader.done.catch(() => {});
  };
  const settle = (kind, code, message) => {
    if (kind) reject(new UploadError(kind, code, message));
    else resolve(uploader);
    if (!kind || kind === 'cancelled') ended.abort();
  };
  const ended = new AbortController();
  /** Listens until nothing can come any more. */
  const listen = (target, kind, then) =>
    target.addEventListener?.(kind, then, { signal: ended.signal });
  const run = { begin, settle, listen };
  begin();
  return run;
}

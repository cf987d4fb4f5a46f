// The face of the package: one object per file, its state in plain properties, as Incoming!! had it.

const CALLBACKS = ['onprogress', 'onfinished', 'oncancelled', 'onerror'];
/** Statuses of refusals that may pass; all others of 400 to 499 are final. */
const MAY_PASS = [408, 425, 429];

/** Why an upload or a fingerprint did not finish. */
export class UploadError extends Error {
  constructor(kind, code, message) {
    super(message);
    Object.assign(this, { name: 'UploadError', kind, code });
  }

  /** A refusal for good, in these words. */
  static rejected(message) {
    return new UploadError('rejected', 4, message);
  }

  /** What a response of the page's own server means: for good, or to be tried again. */
  static async of(response) {
    const { status } = response;
    const body = (await response.text().catch(() => '')).trim();
    const words = body && !body.startsWith('<') ? body.slice(0, 200) : response.statusText;
    const message = words ? `${status}: ${words}` : `status ${status}`;
    const isFinal = status >= 400 && status < 500 && !MAY_PASS.includes(status);
    return isFinal ? UploadError.rejected(message) : new UploadError('unavailable', 10, message);
  }
}

/**
 * Makes the public functions from the class that the wasm exports. `digest` loads what hashes, and
 * `checkpoints` what resumes after a reload: only pages that do should have to.
 */
export function face(Driver, digest, checkpoints) {
  function Uploader(upload_id, file, options) {
    const uploader = Reflect.construct(EventTarget, [], Uploader);
    for (const name of CALLBACKS) uploader[name] = () => {};
    const page = {
      uploader,
      file,
      upload_id,
      options:
        options && typeof options === 'object' && !Array.isArray(options)
          ? { ...options }
          : options,
      error: (...given) => new UploadError(...given),
      load_digests: digest,
      load_checkpoints: checkpoints,
      ...runs(uploader),
    };
    page.begin_run();
    const driver = new Driver(page);
    const act = (name) => (given) => {
      driver.act(page, name, given);
      return uploader;
    };
    for (const name of ['start', 'pause', 'cancel', 'remove']) uploader[name] = act(name);
    uploader.snapshot = () => driver.snapshot();
    uploader.subscribe = (listener) => {
      const tell = () => listener();
      uploader.addEventListener('progress', tell);
      return () => uploader.removeEventListener('progress', tell);
    };
    return uploader;
  }
  Uploader.prototype = Object.create(EventTarget.prototype, {
    constructor: { value: Uploader, configurable: true, writable: true },
  });

  async function pending() {
    const kept = await checkpoints();
    const found = [];
    for (const { key, text, handle } of await kept.all()) {
      const entry = Driver.read_kept(text);
      if (entry)
        found.push({ key, ...entry, ...opening(handle), updated: new Date(entry.updated) });
      else await kept.remove(key);
    }
    return found.sort((a, b) => b.updated - a.updated);
  }

  async function forget(entry) {
    if (entry !== undefined && typeof entry?.key !== 'string') {
      throw new TypeError('incoming.forget: expected an entry of pending(), or nothing for all');
    }
    const kept = await checkpoints();
    for (const { key } of entry ? [entry] : await kept.all()) await kept.remove(key);
  }

  return {
    Uploader,
    UploadError,
    set_server_hostname: Driver.set_server_hostname,
    fingerprint: async (...given) => (await digest()).fingerprint(...given),
    fingerprint_chunks: async (...given) => (await digest()).fingerprint_chunks(...given),
    pending,
    forget,
    version: __VERSION__,
  };
}

/** Keeps `done`: a new promise whenever an upload that failed is started again. */
function runs(uploader) {
  let resolve, reject;
  return {
    begin_run() {
      uploader.done = new Promise((...both) => {
        [resolve, reject] = both;
      });
      // A page that only uses callbacks is not to blame for a rejection that nobody looks at.
      uploader.done.catch(() => {});
    },
    settle: (error) => (error ? reject(error) : resolve(uploader)),
  };
}

/** How a file that was kept as a handle is opened again. */
function opening(handle) {
  const fail = (why) => {
    throw new UploadError('file_changed', 7, `${why}; choose the file again`);
  };
  async function open() {
    if (!handle) fail('no handle of the file is kept');
    if ((await handle.requestPermission?.({ mode: 'read' })) === 'denied') {
      fail('the browser may not read the file');
    }
    return handle.getFile().catch((error) => fail(`the file cannot be read (${error.message})`));
  }
  return { can_open: handle !== undefined, open };
}

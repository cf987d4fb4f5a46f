// The ES module. Its import is complete when the wasm is ready, so that nobody has to wait for it.

import { Driver, initSync } from '#glue';
import { face, UploadError } from './face.js';

/** A server that renders pages imports this too, and has nothing to upload. */
const isBrowser = typeof WebSocket === 'function' && typeof location === 'object';
const missing = isBrowser ? await load().then(() => null, String) : 'this is no browser';

// The glue has a loader of its own, which is twice as large as all of this file.
async function load() {
  const url = new URL('incoming_bg.wasm', import.meta.url);
  // A server that does not know wasm by its name sends it as something else.
  const compiled = WebAssembly.compileStreaming(fetch(url)).catch(() => compile(url));
  initSync({ module: await compiled });
}

async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`status ${response.status} for ${url}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

const digest = async () => (await import('./digest.js')).make(UploadError);

const checkpoints = async () => (await import('./checkpoints.js')).make(digest);

const incoming = face(missing === null ? Driver : withoutWasm(missing), digest, checkpoints);

/** What can be called where nothing can be uploaded, such as by a server that renders pages. */
function withoutWasm(why) {
  const fail = () => {
    throw new Error(`incoming: the WebAssembly module could not be loaded: ${why}`);
  };
  return class {
    constructor() {
      fail();
    }
    static set_server_hostname() {}
    static read_kept = fail;
  };
}

export const { Uploader, set_server_hostname, version } = incoming;
export const { fingerprint, fingerprint_chunks, pending, forget } = incoming;
export { UploadError };
export default incoming;

// Digests for the script-tag build: one file that is loaded when a page hashes for the first time,
// and whose text is also the worker. The build puts it into a function with the name `source`.

import scalar from '#scalar';
import simd from '#simd';
import { parts } from '../registry.js';
import { Digests } from './digests.js';
import { fingerprints } from './fingerprint.js';
import { serve, work } from './serve.js';

const wasm = (hasSimd) => (hasSimd ? simd : scalar);

function startWorker(trusted) {
  const url = URL.createObjectURL(new Blob([`(${source})()`], { type: 'text/javascript' }));
  const revoke = () => URL.revokeObjectURL(url);
  try {
    const worker = new Worker(trusted(url));
    for (const kind of ['message', 'error']) worker.addEventListener(kind, revoke, { once: true });
    return worker;
  } catch (error) {
    revoke();
    throw error;
  }
}

/** `trusted` makes of an address what pages take that ask for Trusted Types. */
function make(UploadError, trusted) {
  const worker = () => startWorker(trusted);
  const digests = new Digests({ wasm, worker, serve: () => serve, UploadError });
  return { digests, ...fingerprints(digests) };
}

if (typeof document === 'object') parts['incoming-digest.js'] = make;
else work();

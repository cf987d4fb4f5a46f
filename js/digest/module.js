// Digests for the ES module; bundlers find worker and wasm through `new URL(..., import.meta.url)`.

import { Digests } from './digests.js';
import { fingerprints } from './fingerprint.js';

async function wasm(hasSimd) {
  const url = hasSimd
    ? new URL('./digest-simd.wasm', import.meta.url)
    : new URL('./digest.wasm', import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`status ${response.status} for ${url}`);
  return response.arrayBuffer();
}

const worker = () => new Worker(new URL('./digest-worker.js', import.meta.url), { type: 'module' });

const serve = async () => (await import('./digest-page.js')).serve;

let digests = null;

/** Everything that hashes in a page, with one worker for all of it. */
export function make(UploadError) {
  digests ??= new Digests({ wasm, worker, serve, UploadError });
  return { digests, ...fingerprints(digests) };
}

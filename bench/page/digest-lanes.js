// A worker that hashes chunks of 1 MiB that are there already with the wasm of the package.

import { Hasher, LANES } from './hasher.js';

const MIB = 1024 * 1024;
const IN_MEMORY = 256 * MIB;

const response = await fetch('/pkg/digest-simd.wasm');
const hasher = new Hasher(await WebAssembly.compile(await response.arrayBuffer()));
const chunks = Array.from({ length: 16 }, () => new Uint8Array(MIB).fill(Math.random() * 256));

const start = performance.now();
for (let i = 0; i < IN_MEMORY / MIB; i += LANES) {
  const messages = chunks.slice(i % chunks.length, (i % chunks.length) + LANES);
  const lanes = messages.map((chunk) => ({ chunk, state: hasher.emptyState }));
  for (let at = 0; at < MIB; at += hasher.partSize) {
    for (const lane of lanes) {
      lane.part = lane.chunk.subarray(at, at + hasher.partSize);
      lane.isLast = at + hasher.partSize >= MIB;
    }
    hasher.hash(lanes);
  }
}
postMessage({ seconds: (performance.now() - start) / 1000, bytes: IN_MEMORY });

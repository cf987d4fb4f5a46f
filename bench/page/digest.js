import { fingerprint, fingerprint_chunks } from '/pkg/index.js';
import { file, timed } from './timed.js';

const CHUNK = 4 * 1024 * 1024;

/** Everything that is not ours has a worker of its own, as a page would make one. */
function inWorker(script, type, what) {
  const worker = new Worker(script, { type });
  const done = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.postMessage({ what, file: file() });
  return done.finally(() => worker.terminate());
}

/** Hashes in the page, as one that may have no worker. */
async function inPage() {
  const { make } = await import('/pkg/digest.js?in-page');
  const { Worker } = globalThis;
  globalThis.Worker = undefined;
  const done = make(Error).fingerprint(file());
  globalThis.Worker = Worker;
  return done;
}

/** The digest, or the seconds that something took inside its worker. */
const WAYS = {
  fingerprint: () => fingerprint(file()),
  fingerprint_chunks: () => fingerprint_chunks(file(), CHUNK),
  'fingerprint without a worker': inPage,
  'hash-wasm': () => inWorker('digest-peers.js', 'classic', 'hashWasm'),
  'spark-md5': () => inWorker('digest-peers.js', 'classic', 'sparkMd5'),
  'reading only': () => inWorker('digest-peers.js', 'classic', 'reading'),
  'hash-wasm in memory': () => inWorker('digest-peers.js', 'classic', 'hashWasmInMemory'),
  'four lanes in memory': () => inWorker('digest-lanes.js', 'module'),
};

window.hash = async (way) => {
  let result;
  const { seconds, longestTaskMs } = await timed(async () => {
    result = await WAYS[way]();
  });
  return { result, seconds: result?.seconds ?? seconds, longestTaskMs };
};

// Who hashes: a worker, or the page where it may have none.

/** Needs SIMD: one function that fills a vector. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 123],
  ...[3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 65, 0, 253, 17, 11],
);

/**
 * Resolves with `{ post, close }`, which takes the messages of `serve`. The surroundings are
 * `wasm(hasSimd)`, the bytes of one of two modules, `worker()`, a new Worker, and `serve()`, which
 * resolves with that function. `hear` gets the answers, `fail` an error after which there are none.
 */
export async function openHost({ wasm, worker, serve }, { hear, fail }) {
  const starting = startWorker(worker);
  const bytes = Promise.resolve(wasm(WebAssembly.validate(SIMD)));
  const module = await bytes.then(WebAssembly.compile).catch(async (error) => {
    (await starting)?.terminate();
    throw new Error(`incoming: the WebAssembly module for digests could not be loaded: ${error}`);
  });
  const started = await starting;
  if (!started) return { post: (await serve())(module, hear), close: () => {} };
  started.onmessage = ({ data }) => hear(data);
  started.onerror = (event) => fail(new Error(`incoming: the worker failed: ${event.message}`));
  started.postMessage(module);
  return {
    post: (message) => started.postMessage(message),
    close: () => started.terminate(),
  };
}

/** Resolves with null when there may be no worker, which some browsers only tell in an event. */
function startWorker(make) {
  const starting = new Promise((resolve, reject) => {
    const worker = make();
    worker.onmessage = () => resolve(worker);
    worker.onerror = (event) => {
      event.preventDefault();
      reject();
    };
  });
  return starting.catch(() => null);
}

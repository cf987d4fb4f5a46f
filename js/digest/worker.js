// The worker that reads and hashes.

import { serve } from './serve.js';

/** Waits for the wasm, then for what `serve` takes. */
export function work() {
  let receive = null;
  addEventListener('message', ({ data }) => {
    if (receive) receive(data);
    else receive = serve(data, (told) => postMessage(told));
  });
  postMessage('ready');
}

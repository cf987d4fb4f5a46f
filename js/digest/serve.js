// The engine behind messages, which are the same to and from a worker and inside a page.

import { Engine } from './engine.js';

/** Makes the function that takes messages; what there is to tell goes to `tell`. */
export function serve(module, tell) {
  const engine = new Engine(module, tell);
  return ({ start, cancel }) => (start ? engine.start(start) : engine.cancel(cancel.id));
}

/** The worker waits for the wasm, then for what `serve` takes. */
export function work() {
  let receive = null;
  addEventListener('message', ({ data }) => {
    if (receive) receive(data);
    else receive = serve(data, (told) => postMessage(told));
  });
  postMessage('ready');
}

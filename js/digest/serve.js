// The engine behind messages, which are the same to and from a worker and inside a page.

import { Engine } from './engine.js';

/** Makes the function that takes messages; what there is to tell goes to `tell`. */
export function serve(module, tell) {
  const engine = new Engine(module, tell);
  return ({ start, cancel }) => {
    if (start) engine.start(start);
    if (cancel) engine.cancel(cancel.id);
  };
}

import { after, before } from 'node:test';
import { launch } from './browser.js';

/**
 * What all tests of a suite use: a browser, and what `open` makes in it, such as a site. Tests that
 * need one of their own open it in `browser`.
 */
export function together(open, args = []) {
  const shared = {};
  const cleanups = [];
  before(async () => {
    shared.browser = await launch(args);
    shared.place = await open?.({ after: (cleanup) => cleanups.push(cleanup) }, shared.browser);
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
    await shared.browser.close();
  });
  return shared;
}

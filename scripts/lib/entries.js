// What the package offers: one entry with all protocols, and one for each that has nothing else.

import path from 'node:path';
import { pkg } from './paths.js';
import { Expected } from './run.js';

export const ALL = 'all';
/** Those of the features of the Rust crate that are protocols. */
export const PROTOCOLS = ['incoming', 'galileo', 'resumable', 'fineuploader', 'robusto'];

/** The feature that makes the JavaScript API of the Rust one. */
const JS_API = 'npm';

/** An entry by its name. */
export function entry(name) {
  if (name === ALL) {
    return {
      name,
      folder: pkg,
      toShared: '.',
      script: 'incoming.js',
      features: ['--features', JS_API],
    };
  }
  if (!PROTOCOLS.includes(name)) {
    throw new Expected(`there is no entry ${name}; there are ${[ALL, ...PROTOCOLS].join(', ')}`);
  }
  return {
    name,
    /** Where its `index.js` and its `incoming_bg.wasm` are. */
    folder: path.join(pkg, name),
    /** Where from there is what all entries share. */
    toShared: '..',
    /** Its build for script tags, which is at the top. */
    script: `incoming-${name}.js`,
    features: ['--no-default-features', '--features', `${JS_API},${name}`],
  };
}

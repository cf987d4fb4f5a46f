// Short names for what a wasm and its glue share: those of imports have a hash each, and are a tenth
// of what is downloaded.

import { Expected, output } from './run.js';

/** A flag of wasm-opt: it prints which name has become which. */
const SHORTEN = '--minify-imports-and-exports-and-modules';

/** What wasm-opt calls the module that the imports come from. */
const MODULE = 'a';

/**
 * Writes a wasm with short names. Returns the options of esbuild by which the glue has the same.
 * `wasmOpt` is the command, and `features` the features of the wasm.
 */
export function shorten(from, to, { wasmOpt, features }) {
  const map = output(wasmOpt, [...features, from, SHORTEN, '-o', to]);
  if (map === null) throw new Expected(`${from}: wasm-opt has not shortened the names`);
  return glueOptions(JSON.parse(map));
}

function glueOptions({ imports, exports }) {
  const mangleCache = Object.fromEntries([
    [imports[0][0], MODULE],
    ...imports.map(([, long, short]) => [long, short]),
    ...exports,
  ]);
  const names = Object.keys(mangleCache).map((name) => name.replace(/\W/g, '\\$&'));
  return { mangleCache, mangleProps: new RegExp(`^(${names.join('|')})$`), mangleQuoted: true };
}

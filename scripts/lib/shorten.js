import { readFileSync, writeFileSync } from 'node:fs';
import { output } from './run.js';

/** Gives short names to what the wasm and its glue have in common; returns which. */
export function nameShortly(command, features, file) {
  const flags = [...features, '--minify-imports-and-exports-and-modules'];
  return JSON.parse(output(command, [...flags, file, '-o', file]));
}

/** Gives the glue the same short names. */
export function shorten(glue, { imports, exports }) {
  let text = readFileSync(glue, 'utf8');
  const replace = (pattern, replacement) => {
    if (!text.includes(pattern)) throw new Error(`the glue has no ${pattern}`);
    text = text.replaceAll(pattern, () => replacement);
  };
  for (const [, name, short] of imports) replace(` ${name}: `, ` ${JSON.stringify(short)}: `);
  for (const [name, short] of exports.sort(longestFirst)) {
    if (text.includes(`wasm.${name}`)) replace(`wasm.${name}`, `wasm.${short}`);
  }
  replace('"./incoming_bg.js": ', '"a": ');
  writeFileSync(glue, text);
}

function longestFirst([a], [b]) {
  return b.length - a.length;
}

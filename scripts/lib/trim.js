// `node trim.js <from> <to>`: takes out of a wasm what makes the message of a panic. In a browser it
// goes to standard error, which nobody reads; what follows is the trap that the panic is anyway.

import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';

/** Functions of the standard library that only a panic calls, and that never return to others. */
const PANICS = new Set([
  'core::panicking::panic_fmt',
  '<std::panicking::panic_handler::FormatStringPayload as core::panic::PanicPayload>::get',
  '<std::panicking::panic_handler::FormatStringPayload as core::panic::PanicPayload>::take_box',
]);
const HASH = /\[[0-9a-f]+\]/g;

const [from, to] = process.argv.slice(2);
const module = binaryen.readBinary(readFileSync(from));
const found = [...Array(module.getNumFunctions()).keys()]
  .map((i) => module.getFunctionByIndex(i))
  .filter((one) => PANICS.has(binaryen.getFunctionInfo(one).name.replace(HASH, '')));
// Without names, or with a standard library that calls them otherwise, nothing would be trimmed.
if (found.length < PANICS.size)
  throw new Error(`only ${found.length} of ${PANICS.size} functions of panics are there`);
for (const one of found) binaryen.Function.setBody(one, module.unreachable());
writeFileSync(to, module.emitBinary());

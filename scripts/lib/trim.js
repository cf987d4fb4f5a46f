import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';

// In wasm a panic's message goes nowhere: nobody reads standard error. What makes it is left out,
// and a panic is the trap that it was before.
const PANICS = [
  'panicking::',
  'unwrap_failed',
  'expect_failed',
  'mismatch_fail',
  'slice_error_fail',
  'index_fail',
  'assert_failed',
  'capacity_overflow',
  'panic_already',
  'panic_access_error',
  'panic_poisoned',
  'raw_vec::handle_error',
  'alloc::handle_alloc_error',
];
// What is left of the machinery of `format!` only serves them: the client joins its words by itself.
const FORMATS = ['fmt::', 'str::count::do_count_chars'];
/** The places of panics, which are nobody's business. */
const SOURCES = /(?:\/[\w.-]+)*\/?(?:[\w.-]+\/)+[\w-]+\.rs/g;

/** Takes out of a wasm with names what is never used in a browser; the names go as well. */
export function trim(file, to) {
  const module = binaryen.readBinary(readFileSync(file));
  const functions = [...Array(module.getNumFunctions()).keys()].map((i) =>
    module.getFunctionByIndex(i),
  );
  const named = (part) =>
    functions.filter((one) => {
      const { name, module: imported } = binaryen.getFunctionInfo(one);
      return !imported && name.replace(/\[[0-9a-f]+\]/g, '').includes(part);
    });
  for (const panics of PANICS.flatMap(named)) {
    binaryen.Function.setBody(panics, module.unreachable());
  }
  const formats = FORMATS.flatMap(named);
  for (const one of formats) binaryen.Function.setBody(one, module.unreachable());
  refuseCalls(
    module,
    formats.map((one) => binaryen.getFunctionInfo(one).name),
  );
  writeFileSync(to, withoutSources(Buffer.from(module.emitBinary())));
  module.dispose();
}

/** What calls a function that is left out would be a trap. */
function refuseCalls(module, names) {
  let caller = '';
  for (const line of module.emitText().split('\n')) {
    caller = line.match(/^ \(func \$("[^"]*"|\S+)/)?.[1] ?? caller;
    const called = line
      .match(/call \$(?:"([^"]*)"|([^\s)]+))/)
      ?.slice(1)
      .join('');
    if (names.includes(called))
      throw new Error(`${caller} calls ${called}: use joined() instead of format!`);
  }
}

function withoutSources(wasm) {
  const text = wasm.toString('latin1');
  return Buffer.from(
    text.replace(SOURCES, ({ length }) => '\0'.repeat(length)),
    'latin1',
  );
}

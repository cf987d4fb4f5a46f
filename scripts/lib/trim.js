// `node trim.js <from> <to>`: takes out of a wasm with names what makes the messages of panics. In a
// browser they go to standard error, which nobody reads; what remains is the trap that a panic is
// anyway.

import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';

/** Functions that never return, and what only they call through pointers. */
const PANICS = new Set([
  'core::panicking::panic',
  'core::panicking::panic_bounds_check',
  'core::panicking::panic_const::panic_const_async_fn_resumed',
  'core::panicking::panic_const::panic_const_div_by_zero',
  'core::panicking::panic_fmt',
  'core::cell::lazy::panic_poisoned',
  'core::cell::panic_already_borrowed',
  'core::cell::panic_already_mutably_borrowed',
  'core::option::expect_failed',
  'core::option::unwrap_failed',
  'core::result::unwrap_failed',
  'core::slice::copy_from_slice_impl::len_mismatch_fail',
  'core::slice::index::slice_index_fail',
  'core::str::slice_error_fail',
  'alloc::alloc::handle_alloc_error',
  'alloc::raw_vec::capacity_overflow',
  'alloc::raw_vec::handle_error',
  '<alloc::vec::Vec<_, _>>::insert_mut::assert_failed',
  '<alloc::vec::Vec<_, _>>::remove::assert_failed',
  '<alloc::vec::Vec<_, _>>::swap_remove::assert_failed',
  'std::thread::local::panic_access_error',
  '<std::panicking::begin_panic::Payload<&str> as core::panic::PanicPayload>::as_str',
  '<std::panicking::panic_handler::FormatStringPayload as core::panic::PanicPayload>::get',
  '<std::panicking::panic_handler::FormatStringPayload as core::panic::PanicPayload>::take_box',
  '<std::panicking::panic_handler::StaticStrPayload as core::panic::PanicPayload>::as_str',
  '<std::panicking::panic_handler::StaticStrPayload as core::panic::PanicPayload>::get',
  '<std::panicking::panic_handler::StaticStrPayload as core::panic::PanicPayload>::take_box',
]);
/** What is left of `format!` only serves them: the client joins its words by itself. */
const FORMATS = new Set([
  'alloc::fmt::format',
  'alloc::fmt::format::format_inner',
  'core::fmt::write',
  '<core::fmt::Formatter>::pad',
  '<core::fmt::Formatter>::pad_integral',
  '<core::fmt::Formatter>::write_str',
  '<&dyn core::fmt::Debug as core::fmt::Debug>::fmt',
  '<&str as core::fmt::Display>::fmt',
  '<alloc::string::String as core::fmt::Write>::write_char',
  '<alloc::string::String as core::fmt::Write>::write_fmt',
  '<alloc::string::String as core::fmt::Write>::write_str',
  '<core::cell::BorrowError as core::fmt::Display>::fmt',
  '<core::cell::BorrowMutError as core::fmt::Display>::fmt',
  '<core::fmt::Error as core::fmt::Debug>::fmt',
  '<std::panicking::panic_handler::FormatStringPayload as core::fmt::Display>::fmt',
  '<std::panicking::panic_handler::StaticStrPayload as core::fmt::Display>::fmt',
  '<std::thread::local::AccessError as core::fmt::Debug>::fmt',
  '<u32 as core::fmt::Display>::fmt',
  '<u64 as core::fmt::Display>::fmt',
  '<usize as core::fmt::Display>::fmt',
]);
/** By which compilers tell apart what has the same path. */
const HASH = /\[[0-9a-f]+\]|::h[0-9a-f]{16}$/g;

const [from, to] = process.argv.slice(2);
binaryen.setDebugInfo(true);
const module = binaryen.readBinary(readFileSync(from));
leaveOut(PANICS);
module.runPasses(['remove-unused-module-elements']);
refuseCalls(leaveOut(FORMATS));
writeFileSync(to, module.emitBinary());

/** Makes a trap of each function of these paths; returns their names. */
function leaveOut(paths) {
  const functions = [...Array(module.getNumFunctions()).keys()]
    .map((i) => module.getFunctionByIndex(i))
    .filter((one) => paths.has(binaryen.getFunctionInfo(one).name.replaceAll(HASH, '')));
  for (const one of functions) binaryen.Function.setBody(one, module.unreachable());
  return functions.map((one) => binaryen.getFunctionInfo(one).name);
}

/** Whoever still calls what was left out is no panic, and would be a trap. */
function refuseCalls(names) {
  let caller;
  for (const line of module.emitText().split('\n')) {
    caller = line.match(/^ \(func \$("[^"]*"|\S+)/)?.[1] ?? caller;
    const called = names.find((name) => line.includes(`(call $"${name}"`));
    if (called) throw new Error(`${caller} calls ${called}: join words instead of formatting them`);
  }
}

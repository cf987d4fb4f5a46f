// From Rust to wasm and its glue.

import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { shorten } from './names.js';
import { npmBin, target, wasmTriple } from './paths.js';
import { run } from './run.js';

// What is large and inlined into its only caller compresses worse.
const OPTIMISE = ['-Oz', '--converge', '--one-caller-inline-max-function-size=16'];

// --all-features would write imports in a form that no browser reads yet.
const WASM_FEATURES = [
  '--mvp-features',
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-nontrapping-float-to-int',
  '--enable-sign-ext',
  '--enable-mutable-globals',
  '--enable-reference-types',
  '--enable-multivalue',
  '--enable-call-indirect-overlong',
];

/** Where the steps between the Rust and the package leave what they make of an entry. */
export function workOf(name) {
  return path.join(target, 'package', name);
}

/** Builds the tool that `bind` uses. */
export function buildBindgen() {
  return run('cargo', ['build', '--package', 'bindgen']);
}

/**
 * Compiles the client with the protocols of an entry. What comes out is copied, because the next
 * entry comes out at the same place.
 */
export async function compile({ name, features }, { dev }) {
  const what = ['--package', 'incoming-uploader', '--lib', '--target', wasmTriple];
  await run('cargo', ['build', ...profile(dev), ...what, ...features]);
  const folder = path.join(target, wasmTriple, dev ? 'debug' : 'wasm');
  mkdirSync(workOf(name), { recursive: true });
  copyFileSync(path.join(folder, 'incoming_uploader.wasm'), compiled(name));
}

function profile(dev) {
  return dev ? [] : ['--profile', 'wasm'];
}

/** Writes the glue, and the wasm that goes with it, for modules and for scripts. */
export function bind(name) {
  const bindgen = path.join(target, 'debug', 'bindgen');
  const to = (kind, ...flags) =>
    run(bindgen, [compiled(name), path.join(workOf(name), kind), ...flags]);
  return Promise.all([to('module'), to('inline', '--inline')]);
}

function compiled(name) {
  return path.join(workOf(name), 'compiled.wasm');
}

/** The wasm that `bind` has written. */
export function bound(name) {
  return path.join(workOf(name), 'module', 'incoming_bg.wasm');
}

/** Makes that wasm as small as it gets. Resolves with what esbuild has to know of its glue. */
export async function shrink(name, to) {
  const trimmed = path.join(workOf(name), 'trimmed.wasm');
  const optimised = path.join(workOf(name), 'optimised.wasm');
  await run(process.execPath, ['scripts/lib/trim.js', bound(name), trimmed]);
  await optimise(trimmed, optimised, OPTIMISE);
  return shorten(optimised, to, { wasmOpt: npmBin('wasm-opt'), features: WASM_FEATURES });
}

/** Runs wasm-opt; `more` are features besides those of every browser. */
export function optimise(from, to, passes, more = []) {
  return run(npmBin('wasm-opt'), [...passes, ...WASM_FEATURES, ...more, from, '-o', to]);
}

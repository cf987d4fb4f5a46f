// Builds examples/rust-page: Rust to wasm, its glue, and the page around it.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, target, wasmTriple } from './paths.js';
import { run } from './run.js';

const SOURCE = path.join(root, 'examples', 'rust-page');

/** Builds the example and returns the folder that a server is to serve. */
export async function buildExample() {
  const folder = path.join(target, 'examples', 'rust-page');
  await run('cargo', ['build', '--package', 'rust-page', '--target', wasmTriple]);
  await run('cargo', ['build', '--package', 'bindgen']);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const wasm = path.join(target, wasmTriple, 'debug', 'rust_page.wasm');
  await run(path.join(target, 'debug', 'bindgen'), [wasm, folder, '--name', 'rust_page']);
  for (const name of ['index.html', 'main.js']) {
    copyFileSync(path.join(SOURCE, name), path.join(folder, name));
  }
  return folder;
}

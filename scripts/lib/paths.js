import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
export const pkg = path.join(root, 'pkg');
export const wasmTriple = 'wasm32-unknown-unknown';

/** The path of a command that an npm package of this project brings. */
export function npmBin(name) {
  return path.join(root, 'node_modules', '.bin', name);
}

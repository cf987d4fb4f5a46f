// Builds what hashes: two modules, for browsers with and without SIMD, and their JavaScript.

import path from 'node:path';
import { bundle, script } from './bundle.js';
import { pkg, root, target, wasmTriple } from './paths.js';
import { run } from './run.js';
import { optimise } from './wasm.js';

const CRATE = 'incoming-digest';
const MODULES = [
  { name: 'digest.wasm', rustc: [], features: [] },
  {
    name: 'digest-simd.wasm',
    rustc: ['-C', 'target-feature=+simd128'],
    features: ['--enable-simd'],
  },
];
const PASSES = ['-O3', '--strip-target-features', '--strip-producers'];
/** The files of the ES module, and where they begin. */
const FILES = {
  'digest.js': 'module.js',
  'digest-page.js': 'serve.js',
  'digest-worker.js': 'module-worker.js',
};

/** Compiles and optimises both modules. */
export async function compileDigest() {
  for (const { name, rustc, features } of MODULES) {
    const what = ['--package', CRATE, '--lib', '--crate-type', 'cdylib', '--target', wasmTriple];
    await run('cargo', ['rustc', '--profile', 'wasm', ...what, '--', ...rustc]);
    const wasm = path.join(target, wasmTriple, 'wasm', 'incoming_digest.wasm');
    await optimise(wasm, path.join(pkg, name), PASSES, features);
  }
}

/** The files of the ES module, and with `scripts` the one for script tags. */
export async function bundleDigest({ dev, scripts }) {
  for (const [name, entry] of Object.entries(FILES)) {
    await bundle(source(entry), path.join(pkg, name), {
      dev,
      external: ['./digest-page.js'],
    });
  }
  if (!scripts) return;
  await script(source('script.js'), path.join(pkg, 'incoming-digest.js'), {
    dev,
    alias: {
      '#scalar': path.join(pkg, 'digest.wasm'),
      '#simd': path.join(pkg, 'digest-simd.wasm'),
    },
    // Its own text is what its worker runs.
    banner: { js: '(function source(){' },
    footer: { js: '})();' },
  });
}

function source(name) {
  return path.join(root, 'js', 'digest', name);
}

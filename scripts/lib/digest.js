// Builds what hashes: two modules, for browsers with and without SIMD, and their JavaScript.

import path from 'node:path';
import { bundle, wasmAsText } from './bundle.js';
import { npmBin, pkg, root, target, wasmTriple } from './paths.js';
import { run } from './run.js';

const CRATE = 'incoming-digest';
const MODULES = [
  { name: 'digest.wasm', rustc: [], features: [] },
  {
    name: 'digest-simd.wasm',
    rustc: ['-C', 'target-feature=+simd128'],
    features: ['--enable-simd'],
  },
];
/** The files of the ES module, and where they begin. */
const SCRIPTS = {
  'digest.js': 'module.js',
  'digest-page.js': 'serve.js',
  'digest-worker.js': 'module-worker.js',
};

/** Compiles and optimises both modules; `features` are those of every wasm. */
export async function compileDigest(features) {
  for (const module of MODULES) {
    const what = ['--package', CRATE, '--lib', '--crate-type', 'cdylib', '--target', wasmTriple];
    await run('cargo', ['rustc', '--profile', 'wasm', ...what, '--', ...module.rustc]);
    const wasm = path.join(target, wasmTriple, 'wasm', 'incoming_digest.wasm');
    const flags = ['-O3', '--strip-target-features', '--strip-producers', ...features];
    const out = path.join(pkg, module.name);
    await run(npmBin('wasm-opt'), [...flags, ...module.features, wasm, '-o', out]);
  }
}

export async function bundleDigest() {
  for (const [name, entry] of Object.entries(SCRIPTS)) {
    await bundle({
      entryPoints: [source(entry)],
      outfile: path.join(pkg, name),
      format: 'esm',
      external: ['./digest-page.js'],
    });
  }
  await bundle({
    entryPoints: [source('script.js')],
    outfile: path.join(pkg, 'incoming-digest.js'),
    format: 'iife',
    alias: {
      '#scalar': path.join(pkg, 'digest.wasm'),
      '#simd': path.join(pkg, 'digest-simd.wasm'),
    },
    plugins: [wasmAsText],
    charset: 'ascii',
    // Its own text is what its worker runs.
    banner: { js: '(function source(){' },
    footer: { js: '})();' },
  });
}

function source(name) {
  return path.join(root, 'js', 'digest', name);
}

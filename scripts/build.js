// Builds pkg/, what npm publishes: Rust to wasm, its glue, the face, the types.

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { bundleModule, bundleScript } from './lib/bundle.js';
import { bundleCheckpoints } from './lib/checkpoints.js';
import { bundleDigest, compileDigest } from './lib/digest.js';
import { writeManifest } from './lib/manifest.js';
import { npmBin, pkg, root, target, wasmTriple } from './lib/paths.js';
import { reportSizes } from './lib/report.js';
import { main, run } from './lib/run.js';
import { setUpBuild } from './lib/setup.js';
import { nameShortly, shorten } from './lib/shorten.js';

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

/** What script tags load; our server has them. */
const SCRIPTS = ['incoming.js', 'incoming-digest.js', 'incoming-checkpoints.js'];

await main(async () => {
  await setUpBuild();
  // On a new machine the package that it uses is there only now.
  const { trim } = await import('./lib/trim.js');
  const work = path.join(target, 'package');
  rmSync(pkg, { recursive: true, force: true });
  mkdirSync(pkg, { recursive: true });
  await compile();
  await bind(path.join(work, 'module'));
  await bind(path.join(work, 'inline'), '--inline');
  const wasm = path.join(pkg, 'incoming_bg.wasm');
  const trimmed = path.join(work, 'trimmed.wasm');
  trim(path.join(work, 'module', 'incoming_bg.wasm'), trimmed);
  await optimise(trimmed, wasm);
  const names = nameShortly(npmBin('wasm-opt'), WASM_FEATURES, wasm);
  for (const kind of ['module', 'inline']) shorten(path.join(work, kind, 'incoming.js'), names);
  await bundleModule(path.join(work, 'module', 'incoming.js'));
  await bundleScript(path.join(work, 'inline', 'incoming.js'), wasm);
  await compileDigest(WASM_FEATURES);
  await bundleDigest();
  await bundleCheckpoints();
  for (const name of SCRIPTS) compress(name);
  copyDocuments();
  writeManifest();
  reportSizes();
});

async function compile() {
  const what = ['--package', 'incoming-uploader', '--lib', '--target', wasmTriple];
  await run('cargo', ['build', '--profile', 'wasm', ...what]);
}

async function bind(folder, ...flags) {
  const wasm = path.join(target, wasmTriple, 'wasm', 'incoming_uploader.wasm');
  await run('cargo', ['run', '--quiet', '--package', 'bindgen', '--', wasm, folder, ...flags]);
}

async function optimise(from, to) {
  await run(npmBin('wasm-opt'), [...OPTIMISE, ...WASM_FEATURES, from, '-o', to]);
}

/** Servers that can send a compressed file need not compress it anew for each visitor. */
function compress(name) {
  const file = path.join(pkg, name);
  writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
}

function copyDocuments() {
  copyFileSync(path.join(root, 'js', 'index.d.ts'), path.join(pkg, 'index.d.ts'));
  for (const name of ['README.md', 'LICENSE']) {
    if (existsSync(path.join(root, name))) {
      copyFileSync(path.join(root, name), path.join(pkg, name));
    }
  }
}

// Builds pkg/, what npm publishes: Rust to wasm, its glue, the face, the types.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readArguments, USAGE } from './lib/arguments.js';
import { bundleModule, bundleScript } from './lib/bundle.js';
import { bundleCheckpoints } from './lib/checkpoints.js';
import { compressAll } from './lib/compress.js';
import { bundleDigest, compileDigest } from './lib/digest.js';
import { writeManifest } from './lib/manifest.js';
import { pkg, root } from './lib/paths.js';
import { record, reportSizes } from './lib/report.js';
import { main } from './lib/run.js';
import { setUpBuild } from './lib/setup.js';
import { copyTypes } from './lib/types.js';
import { bind, bound, buildBindgen, compile, shrink } from './lib/wasm.js';

await main(async () => {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted.help) return console.log(USAGE);
  await setUpBuild();
  rmSync(pkg, { recursive: true, force: true });
  for (const { folder } of wanted.entries) mkdirSync(folder, { recursive: true });
  await buildAll(wanted);
  copyTypes(wanted.entries);
  for (const name of ['README.md', 'LICENSE']) {
    copyFileSync(path.join(root, name), path.join(pkg, name));
  }
  writeManifest();
  if (wanted.dev) return;
  const report = reportSizes(await compressAll(), wanted);
  if (wanted.record) record(report);
});

/** Cargo does one thing at a time; what comes out of it is finished meanwhile. */
async function buildAll(wanted) {
  const tool = buildBindgen();
  let cargo = Promise.resolve();
  const clients = wanted.entries.map(async (entry) => {
    cargo = cargo.then(() => compile(entry, wanted));
    await Promise.all([cargo, tool]);
    await finish(entry, wanted);
  });
  const digest = cargo.then(compileDigest).then(() => bundleDigest(wanted));
  await Promise.all([...clients, digest, bundleCheckpoints(wanted)]);
}

async function finish(entry, { dev, scripts }) {
  await bind(entry.name);
  const wasm = path.join(entry.folder, 'incoming_bg.wasm');
  if (dev) copyFileSync(bound(entry.name), wasm);
  const names = dev ? {} : await shrink(entry.name, wasm);
  await bundleModule(entry, { dev, names });
  if (scripts) await bundleScript(entry, { dev, names, wasm });
}

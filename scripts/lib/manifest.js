import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pkg, root } from './paths.js';

export function manifest() {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
}

/** Writes the package.json that is published, from the one of the repository. */
export function writeManifest() {
  const { name, version, description, license, type } = manifest();
  const published = {
    name,
    version,
    description,
    license,
    type,
    keywords: ['upload', 'uploader', 'resumable', 'websocket', 'wasm', 'browser'],
    main: './index.js',
    types: './index.d.ts',
    unpkg: './incoming.js',
    jsdelivr: './incoming.js',
    // Both files do something when they are loaded: they start the wasm.
    sideEffects: ['./index.js', './incoming.js'],
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './script': './incoming.js',
      './incoming.wasm': './incoming_bg.wasm',
      './package.json': './package.json',
    },
    files: ['*.js', '*.wasm', 'index.d.ts'],
  };
  writeFileSync(path.join(pkg, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
}

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pkg, root } from './paths.js';

const INSIDE = './pkg/';
const KEYWORDS = ['upload', 'uploader', 'resumable', 'websocket', 'wasm', 'browser'];

export function manifest() {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
}

/** Writes the package.json that is published: the one of the repository, as seen from pkg/. */
export function writeManifest() {
  const { scripts, devDependencies, engines, ...kept } = manifest();
  const published = {
    ...JSON.parse(JSON.stringify(kept), (_, value) => fromInside(value)),
    keywords: KEYWORDS,
    files: ['**/*.js', '**/*.wasm', '**/*.d.ts'],
  };
  writeFileSync(path.join(pkg, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
}

function fromInside(value) {
  const isPath = typeof value === 'string' && value.startsWith(INSIDE);
  return isPath ? `./${value.slice(INSIDE.length)}` : value;
}

// What servers need not compress anew for each visitor.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { pkg } from './paths.js';

/** Writes every script and every wasm of the package compressed as well; resolves with their sizes by name. */
export async function compressAll() {
  const names = readdirSync(pkg, { recursive: true }).filter((name) => /\.(js|wasm)$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => [name, await compress(name)]));
  return Object.fromEntries(sizes);
}

async function compress(name) {
  const file = path.join(pkg, name);
  const bytes = readFileSync(file);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(bytes, { params }),
    promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  writeFileSync(`${file}.br`, br);
  writeFileSync(`${file}.gz`, gz);
  return { raw: bytes.length, gzip: gz.length, brotli: br.length };
}

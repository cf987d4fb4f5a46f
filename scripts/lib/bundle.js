import { readFileSync } from 'node:fs';
import path from 'node:path';
import { manifest } from './manifest.js';
import { pkg, root } from './paths.js';

/** The ES module; bundlers find the wasm through `new URL(..., import.meta.url)`. */
export function bundleModule(glue) {
  return bundle({
    entryPoints: [path.join(root, 'js', 'index.js')],
    outfile: path.join(pkg, 'index.js'),
    format: 'esm',
    alias: { '#glue': glue },
    external: ['./digest.js', './checkpoints.js'],
  });
}

/** The script-tag build: one file with the wasm inside and one global. */
export function bundleScript(glue, wasm) {
  return bundle({
    entryPoints: [path.join(root, 'js', 'global.js')],
    outfile: path.join(pkg, 'incoming.js'),
    format: 'iife',
    alias: { '#glue': glue, '#wasm': wasm },
    plugins: [wasmAsText],
    // Pages are served in all kinds of encodings.
    charset: 'ascii',
  });
}

/** Bytes as the characters of a string: a fifth smaller than base64 once it is compressed. */
export const wasmAsText = {
  name: 'wasm-as-text',
  setup(build) {
    build.onLoad({ filter: /\.wasm$/ }, ({ path: file }) => {
      const text = JSON.stringify(readFileSync(file, 'latin1'));
      return { contents: `export default Uint8Array.from(${text}, (c) => c.charCodeAt(0));` };
    });
  },
};

/** One file of the package from what it begins with. */
export async function bundle(options) {
  const { build } = await import('esbuild');
  const { name, version, license } = manifest();
  await build({
    bundle: true,
    minify: true,
    charset: 'utf8',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
    define: { __VERSION__: JSON.stringify(version) },
    ...options,
    banner: { js: `/*! ${name} ${version} | ${license} */${options.banner?.js ?? ''}` },
  });
}

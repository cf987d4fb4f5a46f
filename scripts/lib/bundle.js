// From sources in JavaScript to files of the package.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifest } from './manifest.js';
import { pkg, root } from './paths.js';
import { workOf } from './wasm.js';
import { textOf } from './wasm-text.js';

const WASM_TEXT = fileURLToPath(new URL('wasm-text.js', import.meta.url));

/** The ES module of an entry; bundlers find its wasm through `new URL(..., import.meta.url)`. */
export function bundleModule({ name, folder, toShared }, { dev, names }) {
  return bundle(path.join(root, 'js', 'index.js'), path.join(folder, 'index.js'), {
    dev,
    alias: { '#glue': path.join(workOf(name), 'module', 'incoming.js') },
    ...names,
    plugins: [sharedFrom(toShared)],
  });
}

/** The script-tag build of an entry: one file with the wasm inside and one global. */
export function bundleScript({ name, script: file }, { dev, names, wasm }) {
  return script(path.join(root, 'js', 'global.js'), path.join(pkg, file), {
    dev,
    alias: { '#glue': path.join(workOf(name), 'inline', 'incoming.js'), '#wasm': wasm },
    ...names,
  });
}

/** A file for script tags from what it begins with; wasm becomes a part of it. */
export function script(entry, outfile, options) {
  return bundle(entry, outfile, {
    format: 'iife',
    plugins: [wasmAsText],
    // Pages are served in all kinds of encodings.
    charset: 'ascii',
    ...options,
  });
}

/** One file of the package from what it begins with; with `dev` it can be read. */
export async function bundle(entry, outfile, { dev, ...options }) {
  const { build } = await import('esbuild');
  const { name, version, license } = manifest();
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: !dev,
    format: 'esm',
    charset: 'utf8',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
    define: { __VERSION__: JSON.stringify(version) },
    ...options,
    banner: { js: `/*! ${name} ${version} | ${license} */${options.banner?.js ?? ''}` },
  });
}

/** What is loaded when it is needed is shared by all entries, and lies at the top of the package. */
function sharedFrom(folder) {
  return {
    name: 'shared',
    setup(build) {
      build.onResolve({ filter: /^\.\/(digest|checkpoints)\.js$/ }, ({ path: file }) => ({
        path: `${folder}/${path.posix.basename(file)}`,
        external: true,
      }));
    },
  };
}

const wasmAsText = {
  name: 'wasm-as-text',
  setup(build) {
    build.onLoad({ filter: /\.wasm$/ }, ({ path: file }) => ({
      contents: `import { bytesOf } from ${JSON.stringify(WASM_TEXT)};
        export default bytesOf(${JSON.stringify(textOf(readFileSync(file)))});`,
      resolveDir: root,
    }));
  },
};

// What visitors download, and how much that may be.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ALL } from './entries.js';
import { root } from './paths.js';
import { Expected } from './run.js';
import { sum, table } from './sizes.js';

/** Bytes in brotli: wasm, glue and face of a module. */
const LIMIT = 50_000;
/** The same where every chunk is a request, which has not come down to 50,000 yet. */
const LIMIT_OVER_HTTP = 58_500;
/** The protocols over WebSockets. */
const OVER_SOCKETS = ['incoming', 'galileo'];
const LIMIT_OF_ALL = 71_500;
/** What a build for script tags may have on top: bytes of wasm do not compress as well in a script. */
const SCRIPT = 3_000;
/** What a page that hashes downloads besides. */
const DIGEST_LIMIT = 12 * 1024;
/** What a page that resumes after a reload downloads besides both. */
const CHECKPOINTS_LIMIT = 3 * 1024;

const DIGEST = ['digest.js', 'digest-worker.js', 'digest-simd.wasm'];

/** Prints what is downloaded, and all files; with `limits` fails when something is too large. Returns the text. */
export function reportSizes(sizes, { entries, limits }) {
  const parts = downloads(sizes, entries).filter(({ size }) => size);
  const report = [
    table(
      ['download', 'raw', 'gzip', 'brotli', 'limit'],
      parts.map(({ what, size, limit }) => [what, ...columns(size), limit]),
    ),
    table(
      ['file', 'raw', 'gzip', 'brotli'],
      Object.entries(sizes)
        .sort()
        .map(([name, size]) => [name, ...columns(size)]),
    ),
  ].join('\n\n');
  console.log(`\n${report}`);
  const large = parts.filter(({ size, limit }) => limits && size.brotli > limit);
  if (large.length > 0) throw new Expected(large.map(complaint).join('\n'));
  return report;
}

/** `size` is missing where the build was asked for less. */
function downloads(sizes, entries) {
  const digest = sum(DIGEST.map((name) => sizes[name]));
  return [
    ...entries.map((entry) => moduleOf(entry, sizes)),
    ...entries.map(({ name, script }) => ({
      what: script,
      size: sizes[script],
      limit: limitOf(name) + SCRIPT,
    })),
    { what: 'digest: digest.js + worker + SIMD', size: digest, limit: DIGEST_LIMIT },
    ...['incoming-digest.js'].map((what) => ({ what, size: sizes[what], limit: DIGEST_LIMIT })),
    ...['checkpoints.js', 'incoming-checkpoints.js'].map((what) => ({
      what,
      size: sizes[what],
      limit: CHECKPOINTS_LIMIT,
    })),
  ];
}

function moduleOf({ name }, sizes) {
  const folder = name === ALL ? '' : `${name}/`;
  const files = ['index.js', 'incoming_bg.wasm'].map((file) => sizes[`${folder}${file}`]);
  return { what: `${folder}index.js + wasm`, size: sum(files), limit: limitOf(name) };
}

function limitOf(name) {
  if (name === ALL) return LIMIT_OF_ALL;
  return OVER_SOCKETS.includes(name) ? LIMIT : LIMIT_OVER_HTTP;
}

function columns({ raw, gzip, brotli }) {
  return [raw, gzip, brotli];
}

function complaint({ what, size, limit }) {
  return `${what} has ${size.brotli} bytes in brotli; the limit is ${limit}`;
}

/** Writes docs/size.md. */
export function record(report) {
  const text = `# Size

Bytes of the package as \`npm run build -- --record\` measured them last (gzip 9, brotli 11), and the
limits in brotli, above which every build fails.

A page downloads one of the modules, wasm and JavaScript, or one of the scripts, which have the wasm
inside: \`index.js\` and \`incoming.js\` speak all protocols, the others the one that they are named after.

A page that asks for the first fingerprint downloads the digest besides: \`digest.js\`, the worker, and one
of the wasm files; \`digest-page.js\` takes the worker's place where there may be none. A page that resumes
uploads after a reload downloads \`checkpoints.js\` as well. For scripts the two are \`incoming-digest.js\`
and \`incoming-checkpoints.js\`. All entries share them.

${report}
`;
  mkdirSync(path.join(root, 'docs'), { recursive: true });
  writeFileSync(path.join(root, 'docs', 'size.md'), text);
}

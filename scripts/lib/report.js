import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pkg, root } from './paths.js';
import { Expected } from './run.js';
import { sizesOfFile, sum, table } from './sizes.js';

const LIMIT = 47 * 1024;
/** Bytes of wasm do not compress as well in a script. */
const SCRIPT_LIMIT = 50 * 1024;
/** What a page that hashes downloads on top. */
const DIGEST_LIMIT = 12 * 1024;
/** What a page that resumes after a reload downloads on top of both. */
const CHECKPOINTS_LIMIT = 3 * 1024;
const FILES = [
  'incoming_bg.wasm',
  'index.js',
  'incoming.js',
  'index.d.ts',
  'digest.js',
  'digest-worker.js',
  'digest-page.js',
  'digest-simd.wasm',
  'digest.wasm',
  'incoming-digest.js',
  'checkpoints.js',
  'incoming-checkpoints.js',
];
const DIGEST = ['digest.js', 'digest-worker.js', 'digest-simd.wasm'];

/** Prints and records the size of every file; fails when the client is too large. */
export function reportSizes() {
  const sizes = Object.fromEntries(FILES.map((name) => [name, sizesOfFile(path.join(pkg, name))]));
  const client = sum([sizes['incoming_bg.wasm'], sizes['index.js']]);
  const digest = sum(DIGEST.map((name) => sizes[name]));
  const rows = [
    ...Object.entries(sizes),
    ['client: wasm + index.js', client],
    ['digest: digest.js + worker + SIMD', digest],
  ];
  const report = table(
    ['file', 'raw', 'gzip', 'brotli'],
    rows.map(([name, size]) => [name, size.raw, size.gzip, size.brotli]),
  );
  console.log(`\n${report}`);
  record(report);
  for (const [what, size, limit] of [
    ['the client', client, LIMIT],
    ['incoming.js', sizes['incoming.js'], SCRIPT_LIMIT],
    ['the digest', digest, DIGEST_LIMIT],
    ['incoming-digest.js', sizes['incoming-digest.js'], DIGEST_LIMIT],
    ['checkpoints.js', sizes['checkpoints.js'], CHECKPOINTS_LIMIT],
    ['incoming-checkpoints.js', sizes['incoming-checkpoints.js'], CHECKPOINTS_LIMIT],
  ]) {
    if (size.brotli > limit) {
      throw new Expected(`${what} has ${size.brotli} bytes in brotli; the limit is ${limit}`);
    }
  }
}

function record(report) {
  const text = `# Size

Bytes of the built package, as \`npm run build\` measured them last (gzip 9, brotli 11).
The client is what a visitor of a bundled page downloads: the wasm, and \`index.js\` with the glue and
the face. \`incoming.js\` is the script-tag build and has the wasm inside. The client may have ${LIMIT}
bytes in brotli and the script ${SCRIPT_LIMIT}; the build fails above that.

The digest is what a page downloads on top when it asks for the first fingerprint: \`digest.js\`, the
worker, and one of the wasm files; \`digest-page.js\` takes the worker's place where there may be none.
\`incoming-digest.js\` has all of it for the script-tag build. The limit is ${DIGEST_LIMIT} bytes.

\`checkpoints.js\`, or \`incoming-checkpoints.js\` for the script-tag build, is what a page downloads besides
when it resumes uploads after a reload. The limit is ${CHECKPOINTS_LIMIT} bytes.

${report}
`;
  mkdirSync(path.join(root, 'docs'), { recursive: true });
  writeFileSync(path.join(root, 'docs', 'size.md'), text);
}

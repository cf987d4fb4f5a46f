import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, target } from '../scripts/lib/paths.js';
import { table } from '../scripts/lib/sizes.js';
import { App } from '../tests/support/app.js';
import { launch, openPage } from '../tests/support/browser.js';
import { randomFile } from '../tests/support/files.js';
import { median } from './median.js';

const PAGE = fileURLToPath(new URL('page', import.meta.url));
const PEERS = ['hash-wasm/dist/md5.umd.min.js', 'spark-md5/spark-md5.min.js'];
const SIZE = 1024 * 1024 * 1024;

const IN_PAGE = 'fingerprint without a worker';
const WHOLE = ['md5sum', 'fingerprint', 'hash-wasm', 'spark-md5', IN_PAGE];
const CHUNKS = ['reading only', 'fingerprint_chunks'];
const MEMORY = ['hash-wasm in memory', 'four lanes in memory'];

/** The speed of digests beside others in the same browser and beside `md5sum`. */
export async function measure(rounds) {
  const folder = path.join(target, 'bench-digest');
  const cleanups = [];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    const file = randomFile(folder, 'digest.bin', SIZE);
    const page = await open(folder, file, cleanups);
    const ways = [...WHOLE, ...CHUNKS, ...MEMORY];
    const results = Object.fromEntries(ways.map((way) => [way, []]));
    // The first round only warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
        const result = await hash(page, file, way);
        if (round > 0) results[way].push(result);
      }
    }
    return report(results, rounds);
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function open(folder, file, cleanups) {
  const www = path.join(folder, 'www');
  cpSync(PAGE, www, { recursive: true });
  copyFileSync(path.join(root, 'js', 'digest', 'hasher.js'), path.join(www, 'hasher.js'));
  for (const peer of PEERS) {
    copyFileSync(path.join(root, 'node_modules', peer), path.join(www, path.basename(peer)));
  }
  const t = { after: (cleanup) => cleanups.push(cleanup) };
  const app = await App.start(t, { server: null, folders: { '': www } });
  const browser = await launch();
  t.after(() => browser.close());
  const page = await openPage(browser, `${app.url}/digest.html`);
  await page.waitForFunction(() => window.hash !== undefined);
  await page.setInputFiles('#files', file.path);
  return page;
}

async function hash(page, file, way) {
  if (way === 'md5sum') return md5sum(file);
  const { result, ...took } = await page.evaluate((way) => window.hash(way), way);
  if (typeof result === 'string' && result !== file.md5) throw new Error(`${way} is wrong`);
  return { ...took, bytes: result?.bytes ?? SIZE };
}

function md5sum(file) {
  const start = performance.now();
  const [found] = execFileSync('md5sum', [file.path], { encoding: 'utf8' }).split(' ');
  if (found !== file.md5) throw new Error('md5sum is wrong');
  return { seconds: (performance.now() - start) / 1000, bytes: SIZE, longestTaskMs: 0 };
}

function report(results, rounds) {
  const seconds = (way) => median(results[way].map((result) => result.seconds));
  const rows = Object.entries(results).map(([way, all]) => {
    const bytes = all[0].bytes;
    const longest = Math.max(...all.map(({ longestTaskMs }) => longestTaskMs));
    const speeds = all.map((result) => (bytes / 1e6 / result.seconds).toFixed(0)).join(' ');
    return [way, (bytes / 1e6 / seconds(way)).toFixed(0), speeds, longest.toFixed(0)];
  });
  const ratio = (way, peer) => [`${way} to ${peer}`, ...ratios(results[way], results[peer])];
  const compared = [
    ratio('fingerprint', 'md5sum'),
    ratio('fingerprint', 'hash-wasm'),
    ratio('fingerprint', 'spark-md5'),
    ratio('fingerprint_chunks', 'reading only'),
    ratio('four lanes in memory', 'hash-wasm in memory'),
  ];
  const head = ['1 GiB', 'MB/s (median)', 'all rounds in MB/s', 'longest task in ms'];
  return [
    `Digests, ${rounds} rounds, interleaved`,
    table(head, rows),
    table(['ratios of speed', 'median', 'all rounds'], compared),
  ].join('\n\n');
}

/** Of each round, so that work of others on the machine slows down both. */
function ratios(ours, peers) {
  const all = ours.map(({ seconds }, round) => peers[round].seconds / seconds);
  return [median(all).toFixed(2), all.map((ratio) => ratio.toFixed(2)).join(' ')];
}

// This package beside another build of it, in pairs: what an upload takes, how busy the main thread
// is, and how long it takes from the navigation to the first byte.

import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Expected } from '../scripts/lib/run.js';
import { table } from '../scripts/lib/sizes.js';
import { firstByte } from './first-byte.js';
import { mainThread } from './main-thread.js';
import { median } from './median.js';
import { openWith, randomFile, withStage } from './stage.js';

const MIB = 1024 * 1024;
const SIZE = 256 * MIB;
/** The disk needs a moment. */
const REST_MS = 300;

const WAYS = {
  incoming: { protocol: 'incoming' },
  'resumable, 8 MiB × 4': { protocol: 'resumable', chunk_size: 8 * MIB, simultaneous: 4 },
  fineuploader: { protocol: 'fineuploader' },
};

/** Pairs, each time in the other order. */
export function measure(rounds, { package: other }) {
  if (!other) throw new Expected('Say by --package which build it is to be measured beside.');
  const settings = ['--package', path.resolve(other)];
  return withStage(
    (before) => withStage((now) => report({ before, now }, rounds), [], 'bench-now'),
    settings,
    'bench-before',
  );
}

async function report(stages, rounds) {
  const rows = [];
  for (const [name, options] of Object.entries(WAYS)) {
    const pairs = await uploads(stages, options, rounds);
    rows.push(row(`${name}, s`, pairs, 'seconds'));
    rows.push(row(`${name}, main thread in s`, pairs, 'busy'));
    rows.push(row(`${name}, longest task in ms`, pairs, 'longestTaskMs'));
  }
  rows.push(row('navigation to first byte, ms', await firstBytes(stages, rounds), 'ms'));
  const head = ['256 MiB', 'before', 'now', 'now − before', 'before ÷ now', 'interval'];
  return `Beside another build, ${rounds} pairs, medians\n\n${table(head, rows)}`;
}

async function uploads(stages, options, rounds) {
  const places = {};
  for (const [name, stage] of Object.entries(stages)) places[name] = await opened(stage);
  const pairs = await inPairs(rounds, (name) => upload(places[name], options));
  for (const { page } of Object.values(places)) await page.context().close();
  return pairs;
}

async function opened(stage) {
  const file = randomFile(stage.folder, 'beside.bin', SIZE).path;
  const page = await openWith(stage.browser, stage.server, file, 'protocols.html');
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return { ...stage, page, session };
}

async function upload({ page, session, app, arrivals }, options) {
  const ticket = options.protocol === 'incoming' ? await app.newTicket() : crypto.randomUUID();
  const [before] = await mainThread(session);
  const evaluate = (given) => window.upload.verified(given);
  const result = await page.evaluate(evaluate, { ticket, verify: 'none', ...options });
  const [after] = await mainThread(session);
  for (const name of readdirSync(arrivals)) rmSync(path.join(arrivals, name));
  await sleep(REST_MS);
  return { ...result, busy: after - before };
}

function firstBytes(stages, rounds) {
  return inPairs(rounds, async (name) => ({ ms: await firstByte(stages[name], 'incoming') }));
}

/** The first pair only warms up. */
async function inPairs(rounds, measureOne) {
  const pairs = [];
  for (let round = 0; round <= rounds; round += 1) {
    const pair = {};
    const names = ['before', 'now'];
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      pair[name] = await measureOne(name);
    }
    if (round > 0) pairs.push(pair);
  }
  return pairs;
}

function row(name, pairs, key) {
  const of = (which) => median(pairs.map((pair) => pair[which][key]));
  const ratios = pairs.map(({ before, now }) => before[key] / now[key]).filter(Number.isFinite);
  const differences = pairs.map(({ before, now }) => now[key] - before[key]);
  return [
    name,
    of('before').toFixed(2),
    of('now').toFixed(2),
    median(differences).toFixed(2),
    ratios.length > 0 ? median(ratios).toFixed(3) : '',
    interval(ratios),
  ];
}

/** That of the median, at 95 %, by the order of the values. */
function interval(values) {
  if (values.length < 6) return '';
  const sorted = [...values].sort((a, b) => a - b);
  const half = (1.96 * Math.sqrt(sorted.length)) / 2;
  const from = Math.max(0, Math.floor(sorted.length / 2 - half));
  const to = Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + half) - 1);
  return `${sorted[from].toFixed(3)} to ${sorted[to].toFixed(3)}`;
}

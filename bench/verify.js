import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { table } from '../scripts/lib/sizes.js';
import { cpuSeconds } from './cpu.js';
import { mainThread } from './main-thread.js';
import { median } from './median.js';
import { openWith, randomFile, withStage } from './stage.js';

const MIB = 1024 * 1024;
const SIZE = 256 * MIB;
/** The disk needs a moment. */
const REST_MS = 300;
const VERIFY = ['none', 'file', 'chunks'];
const PROTOCOLS = {
  incoming: { protocol: 'incoming' },
  'resumable, 8 MiB × 4': { protocol: 'resumable', chunk_size: 8 * MIB, simultaneous: 4 },
};

/** What it costs to have a file, or each of its chunks, compared with what arrives. */
export function measure(rounds) {
  return withStage(async (stage) => {
    const file = randomFile(stage.folder, 'verify.bin', SIZE).path;
    const page = await openWith(stage.browser, stage.server, file, 'protocols.html');
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const rows = [];
    for (const [name, options] of Object.entries(PROTOCOLS)) {
      const results = await runs({ ...stage, page, session }, options, rounds);
      rows.push(
        ...VERIFY.map((verify) => row(`${name}, ${verify}`, results[verify], results.none)),
      );
    }
    const head = [
      '256 MiB',
      's (median)',
      'time to none',
      'main thread in s',
      'longest task',
      'CPU in s',
    ];
    return `Verification, ${rounds} rounds, interleaved\n\n${table(head, rows)}`;
  });
}

async function runs(stage, options, rounds) {
  const results = { none: [], file: [], chunks: [] };
  // The first round only warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const verify of round % 2 === 0 ? VERIFY : VERIFY.toReversed()) {
      const result = await upload(stage, { ...options, verify });
      if (round > 0) results[verify].push(result);
    }
  }
  return results;
}

async function upload({ page, session, app, arrivals }, options) {
  const ticket = options.protocol === 'incoming' ? await app.newTicket() : crypto.randomUUID();
  const before = await mainThread(session);
  const cpuBefore = cpuSeconds();
  const evaluate = (given) => window.upload.verified(given);
  const result = await page.evaluate(evaluate, { ticket, ...options });
  const after = await mainThread(session);
  const cpu = cpuSeconds() - cpuBefore;
  for (const name of readdirSync(arrivals)) rmSync(path.join(arrivals, name));
  await sleep(REST_MS);
  const [busy, working] = after.map((seconds, i) => seconds - before[i]);
  return { ...result, busy, working, cpu };
}

function row(name, results, none) {
  const of = (all, key) => median(all.map((result) => result[key]));
  const seconds = of(results, 'seconds');
  const longest = Math.max(...results.map(({ longestTaskMs }) => longestTaskMs));
  return [
    name,
    seconds.toFixed(2),
    (seconds / of(none, 'seconds')).toFixed(2),
    `${of(results, 'busy').toFixed(2)}, ${of(results, 'working').toFixed(2)} at work`,
    longest === 0 ? 'none over 50 ms' : `${longest.toFixed(0)} ms`,
    of(results, 'cpu').toFixed(2),
  ];
}

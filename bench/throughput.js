import { table } from '../scripts/lib/sizes.js';
import { median } from './median.js';
import { openWith, randomFile, upload, withStage } from './stage.js';

const SIZE = 256 * 1024 * 1024;
const WAYS = ['plain', 'incoming'];

/** Seconds for one file, and the longest task of the main thread meanwhile. */
export function measure(rounds) {
  return withStage(async ({ server, app, browser, folder }) => {
    const file = randomFile(folder, 'throughput.bin', SIZE).path;
    const page = await openWith(browser, server, file);
    const results = { plain: [], incoming: [] };
    for (const way of WAYS) await upload(page, app, way);
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? WAYS : WAYS.toReversed();
      for (const way of order) results[way].push(await upload(page, app, way));
    }
    return report(results, rounds);
  });
}

function report(results, rounds) {
  const seconds = (way) => median(results[way].map((result) => result.seconds));
  const rows = WAYS.map((way) => [
    way === 'plain' ? 'fetch(PUT, file)' : 'incoming',
    seconds(way).toFixed(2),
    (SIZE / 1e6 / seconds(way)).toFixed(0),
    (seconds('plain') / seconds(way)).toFixed(2),
    results[way].map((result) => result.seconds.toFixed(2)).join(' '),
    longest(results[way]),
  ]);
  const head = ['256 MiB', 's (median)', 'MB/s', 'speed ratio', 'all rounds in s', 'longest task'];
  return `Throughput, ${rounds} rounds, interleaved\n\n${table(head, rows)}`;
}

function longest(results) {
  const ms = Math.max(0, ...results.map((result) => result.longestTaskMs));
  return ms === 0 ? 'none over 50 ms' : `${ms.toFixed(0)} ms`;
}

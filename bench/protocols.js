import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { table } from '../scripts/lib/sizes.js';
import { median } from './median.js';
import { openWith, randomFile, withStage } from './stage.js';

const MIB = 1024 * 1024;
const SIZE = 256 * MIB;
const LARGE = 8 * MIB;
/** The disk needs a moment. */
const REST_MS = 300;

/** The largest chunk that the server asks GalileoSend for; by itself it asks for 4 MiB. */
const SETTINGS = ['--galileo-chunk-size', `${LARGE}`];

/** Each protocol with the defaults of both clients, and with what is good for large files. */
const ROWS = [
  ['incoming, defaults', null, null],
  ['galileo, 256 KiB as the original server', { protocol: 'galileo', chunk_size: 262_144 }, null],
  ['galileo, defaults (4 MiB)', { protocol: 'galileo', chunk_size: 4 * MIB }, null],
  ['galileo, 8 MiB', { protocol: 'galileo', chunk_size: LARGE }, null],
  ['resumable, defaults (1 MiB × 3)', { protocol: 'resumable' }, { library: 'resumable' }],
  [
    'resumable, 8 MiB × 4',
    { protocol: 'resumable', chunk_size: LARGE, simultaneous: 4 },
    { library: 'resumable', chunkSize: LARGE, simultaneousUploads: 4 },
  ],
  ['flow, defaults (1 MiB × 3)', { protocol: 'flow' }, { library: 'flow' }],
  [
    'flow, 8 MiB × 4',
    { protocol: 'flow', chunk_size: LARGE, simultaneous: 4 },
    { library: 'flow', chunkSize: LARGE, simultaneousUploads: 4 },
  ],
  [
    'fineuploader, defaults (whole file)',
    { protocol: 'fineuploader' },
    { library: 'fineuploader' },
  ],
  [
    'fineuploader, chunks (2 MB × 1)',
    { protocol: 'fineuploader', chunking: true },
    { library: 'fineuploader', chunking: { enabled: true } },
  ],
  [
    'fineuploader, 8 MiB × 4',
    {
      protocol: 'fineuploader',
      chunk_size: LARGE,
      concurrent: true,
      simultaneous: 4,
      success_endpoint: '/fineuploader/success',
    },
    {
      library: 'fineuploader',
      maxConnections: 4,
      chunking: {
        enabled: true,
        partSize: LARGE,
        concurrent: { enabled: true },
        success: { endpoint: '/fineuploader/success' },
      },
    },
  ],
];

/** Seconds for one file in every protocol, beside one fetch and beside the original client. */
export function measure(rounds) {
  return withStage(async (stage) => {
    const file = randomFile(stage.folder, 'protocols.bin', SIZE).path;
    const page = await openWith(stage.browser, stage.server, file, 'protocols.html');
    const rows = [];
    for (const [name, ours, original] of ROWS) {
      rows.push([name, ...(await compare({ ...stage, page }, ours, original, rounds))]);
    }
    const head = ['256 MiB', 's (median)', 'MB/s', 'to fetch(PUT)', 'original', 'to original'];
    return `Protocols, ${rounds} rounds, interleaved; ratios of speed\n\n${table(head, rows)}`;
  }, SETTINGS);
}

async function compare(stage, ours, original, rounds) {
  const ways = {
    plain: () => ['plain'],
    ours: async () =>
      ours ? ['ours', ours] : ['incoming', { ticket: await stage.app.newTicket() }],
  };
  if (original) ways.original = () => ['original', original];
  const seconds = { plain: [], ours: [], original: [] };
  // The first round only warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const names = Object.keys(ways);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const took = await upload(stage, await ways[name]());
      if (round > 0) seconds[name].push(took);
    }
  }
  const own = median(seconds.ours);
  const ratio = (name) => (median(seconds[name]) / own).toFixed(2);
  const beside = original ? [median(seconds.original).toFixed(2), ratio('original')] : ['', ''];
  return [own.toFixed(2), (SIZE / 1e6 / own).toFixed(0), ratio('plain'), ...beside];
}

async function upload({ page, arrivals }, [way, options]) {
  const evaluate = ([way, options]) => window.upload[way](options);
  const { seconds } = await page.evaluate(evaluate, [way, options]);
  for (const name of readdirSync(arrivals)) rmSync(path.join(arrivals, name));
  await sleep(REST_MS);
  return seconds;
}

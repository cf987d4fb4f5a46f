import { readFileSync } from 'node:fs';
import { table } from '../scripts/lib/sizes.js';
import { openWith, sparseFile, upload, withStage } from './stage.js';

const MIB = 1024 * 1024;
const SAMPLE_EVERY_MS = 50;
const CASES = [
  ['plain', '256 MiB', 256 * MIB],
  ['incoming', '256 MiB', 256 * MIB],
  ['plain', '4 GiB', 4096 * MIB],
  ['incoming', '4 GiB', 4096 * MIB],
];

/** How much the browser's renderer grows during an upload. */
export function measure() {
  return withStage(async (stage) => {
    const rows = [];
    for (const [way, name, size] of CASES) {
      const { before, peak } = await growth(stage, way, size);
      rows.push([`${way}, ${name}`, mib(before), mib(peak), mib(peak - before)]);
    }
    const head = ['upload', 'before in MiB', 'peak in MiB', 'growth in MiB'];
    return `Memory of the renderer (anonymous and shared)\n\n${table(head, rows)}`;
  });
}

async function growth({ server, app, browser, folder }, way, size) {
  const page = await openWith(browser, server, sparseFile(folder, 'memory.bin', size));
  const pids = await renderers(browser);
  const before = memoryOf(pids);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryOf(pids));
  }, SAMPLE_EVERY_MS);
  await upload(page, app, way);
  clearInterval(timer);
  await page.context().close();
  return { before, peak };
}

async function renderers(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

function memoryOf(pids) {
  return pids.reduce((sum, pid) => sum + memoryOfOne(pid), 0);
}

function memoryOfOne(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = (name) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))?.[1] ?? 0);
    return (kib('RssAnon') + kib('RssShmem')) * 1024;
  } catch {
    return 0;
  }
}

function mib(bytes) {
  return (bytes / MIB).toFixed(1);
}

import { closeSync, mkdirSync, openSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { target } from '../scripts/lib/paths.js';
import { randomFile } from '../tests/support/files.js';
import { until } from '../tests/support/wait.js';

process.env.INCOMING_SERVER = path.join(target, 'release', 'incoming-server');
const { launch, openPage } = await import('../tests/support/browser.js');
const { Server } = await import('../tests/support/server.js');

const PAGE = fileURLToPath(new URL('page', import.meta.url));
const HASHING_TIMEOUT_MS = 120_000;

/** A release server, a browser and a folder for files; `body` gets all three. */
export async function withStage(body) {
  const folder = path.join(target, 'bench');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ['--demo', '--www', PAGE];
  const server = await Server.start(null, { storage: path.join(folder, 'storage'), args });
  const browser = await launch();
  try {
    return await body({ server, browser, folder });
  } finally {
    await browser.close();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The page that measures, with one file chosen. */
export async function openWith(browser, server, file) {
  const page = await openPage(browser, `${server.url}/`);
  await page.waitForFunction(() => window.upload !== undefined);
  await page.setInputFiles('#files', file);
  return page;
}

/** One upload: `way` is `plain` or `incoming`. Waits until the server is at rest again. */
export async function upload(page, server, way) {
  const result = await page.evaluate((way) => window.upload[way](), way);
  await until('the server is at rest', () => isAtRest(server), HASHING_TIMEOUT_MS);
  return result;
}

export { randomFile };

/** A file of zeros that needs no room on the disk. */
export function sparseFile(folder, name, size) {
  const file = path.join(folder, name);
  closeSync(openSync(file, 'w'));
  truncateSync(file, size);
  return file;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function isAtRest(server) {
  const files = await (await fetch(`${server.url}/demo/files`)).json();
  return files.every(({ state }) => state !== 'hashing');
}

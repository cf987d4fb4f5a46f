import { closeSync, cpSync, mkdirSync, openSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { target } from '../scripts/lib/paths.js';
import { randomFile } from '../tests/support/files.js';

process.env.INCOMING_SERVER = path.join(target, 'release', 'incoming-server');
const { App } = await import('../tests/support/app.js');
const { launch, openPage } = await import('../tests/support/browser.js');
const { copyOriginals } = await import('../tests/support/originals.js');
const { Server } = await import('../tests/support/server.js');

const PAGE = fileURLToPath(new URL('page', import.meta.url));
/** The server removes what was handed over, and the disk needs a moment. */
const REST_MS = 500;

/**
 * A release server with these settings, an application, a browser and folders for files and for
 * what arrives; `body` gets them all. Several stages need several names.
 */
export async function withStage(body, settings = [], name = 'bench') {
  const folder = path.join(target, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const www = path.join(folder, 'www');
  cpSync(PAGE, www, { recursive: true });
  copyOriginals(www);
  const arrivals = path.join(folder, 'arrivals');
  const own = ['--demo', '--www', www, '--arrivals', arrivals];
  const args = ['--allowed-origins', '*', ...own, ...settings];
  const server = await Server.start(null, { storage: path.join(folder, 'storage'), args });
  const cleanups = [];
  const t = { after: (cleanup) => cleanups.push(cleanup) };
  const app = await App.start(t, { server, folders: {} });
  app.hashes = false;
  const browser = await launch();
  try {
    return await body({ server, app, browser, folder, arrivals });
  } finally {
    for (const cleanup of cleanups) cleanup();
    await browser.close();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A page that measures, with one file chosen. */
export async function openWith(browser, server, file, name = '') {
  const page = await openPage(browser, `${server.url}/${name}`);
  await page.waitForFunction(() => window.upload !== undefined);
  await page.setInputFiles('#files', file);
  return page;
}

/** One upload: `way` is `plain` or `incoming`. */
export async function upload(page, app, way) {
  const ticket = await app.newTicket();
  const result = await page.evaluate(([way, ticket]) => window.upload[way](ticket), [way, ticket]);
  await sleep(REST_MS);
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

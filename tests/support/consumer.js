import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pkg, root } from '../../scripts/lib/paths.js';
import { openPage } from './browser.js';
import { atEnd } from './cleanup.js';
import { randomFile, temporaryFolder } from './files.js';
import { chunksOf } from './hashing.js';
import { until } from './wait.js';

const PACKAGING = fileURLToPath(new URL('../packaging', import.meta.url));

/** A project of somebody else, in which the packed package is installed. */
export function makeProject(t, template) {
  const folder = path.join(temporaryFolder(t), 'project');
  cpSync(path.join(PACKAGING, template), folder, { recursive: true });
  copyFileSync(path.join(PACKAGING, 'consumer.js'), path.join(folder, 'consumer.js'));
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  npm(['install', '--offline', '--no-save', pack(folder)], folder);
  return folder;
}

/** Uploads a file through the page at `url`, and asserts that it arrived. */
export async function assertUploads(t, browser, { server, app, url }) {
  const ticket = await app.newTicket();
  const page = await openPage(
    browser,
    `${url}?${new URLSearchParams({ ticket, host: server.host })}`,
  );
  atEnd(t, () => page.context().close());
  const file = randomFile(temporaryFolder(t), 'packed.bin', 1_234_567);
  await until('the page is ready', () =>
    page.evaluate(() => window.usableAtOnce || document.documentElement.dataset.ready),
  );
  await page.setInputFiles('#files', file.path);
  await until('the upload is finished', async () => (await page.title()) === 'finished 1234567');
  assert.equal((await app.told(ticket)).md5, file.md5);
  assert.deepEqual(page.problems, []);
  await assertHashes(page, file);
  return page;
}

/** Asserts that the page, in which this file is chosen, knows its digests, and who made them. */
async function assertHashes(page, file) {
  const digests = await page.evaluate(async () => {
    const [file] = document.querySelector('#files').files;
    const { fingerprint, fingerprint_chunks } = window.hashes;
    return [await fingerprint(file), await fingerprint_chunks(file, 1_000_000)];
  });
  assert.deepEqual(digests, [file.md5, chunksOf(file, 1_000_000)]);
}

function pack(folder) {
  const target = path.dirname(folder);
  mkdirSync(target, { recursive: true });
  const [{ filename }] = JSON.parse(
    npm(['pack', '--json', '--pack-destination', target, pkg], root),
  );
  return path.join(target, filename);
}

function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

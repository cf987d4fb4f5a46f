import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALL, PROTOCOLS } from '../../scripts/lib/entries.js';
import { pkg, root } from '../../scripts/lib/paths.js';
import { openPage } from './browser.js';
import { atEnd } from './cleanup.js';
import { md5Of, randomFile, temporaryFolder } from './files.js';
import { chunksOf } from './hashing.js';
import { Server } from './server.js';
import { until } from './wait.js';

const PACKAGING = fileURLToPath(new URL('../packaging', import.meta.url));

/** By what a project imports each entry of the package; the first one has all protocols. */
export const IMPORTS = Object.fromEntries([
  [ALL, 'incoming-uploader'],
  ...PROTOCOLS.map((name) => [name, `incoming-uploader/${name}`]),
]);

/**
 * Makes a project of somebody else in a folder, in which the packed package is installed: for each
 * entry, a page that imports it.
 */
export function makeProject(folder, template) {
  mkdirSync(folder);
  const page = readFileSync(path.join(PACKAGING, template, 'entry.html'), 'utf8');
  for (const [name, specifier] of Object.entries(IMPORTS)) {
    writeFileSync(path.join(folder, `${name}.html`), page.replace('entry.js', `${name}.js`));
    writeFileSync(path.join(folder, `${name}.js`), importing(specifier));
  }
  copyFileSync(path.join(PACKAGING, 'consumer.js'), path.join(folder, 'consumer.js'));
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  npm(['install', '--offline', '--no-save', pack(folder)], folder);
}

/** By their names, as most pages import. */
function importing(specifier) {
  const names = '{ fingerprint, fingerprint_chunks, set_server_hostname, Uploader }';
  return [
    `import ${names} from '${specifier}';`,
    "import { consume } from './consumer.js';",
    `consume(${names});`,
  ].join('\n');
}

/** Uploads a file through the page at `url`, and asserts that it arrived. */
export async function assertUploads(t, browser, { server, app, url }) {
  const ticket = await app.newTicket();
  const page = await openConsumer(t, browser, url, { ticket, host: server.host });
  const file = randomFile(temporaryFolder(t), 'packed.bin', 1_234_567);
  await choose(page, file);
  assert.equal((await app.told(ticket)).md5, file.md5);
  assert.deepEqual(page.problems, []);
  await assertHashes(page, file);
  return page;
}

/**
 * Asserts that in this folder the page of each entry, `<name>.html`, uploads over the protocol of the
 * entry, loads so many files of wasm to begin with, and is told what to import for another protocol.
 */
export async function assertEntriesUpload(t, browser, www, wasm) {
  const folder = temporaryFolder(t);
  const arrivals = path.join(folder, 'arrivals');
  const demo = ['--demo', '--www', www, '--arrivals', arrivals, '--package', pkg];
  const server = await Server.start(t, { storage: path.join(folder, 'storage'), args: demo });
  for (const name of Object.keys(IMPORTS)) {
    const page = await openConsumer(t, browser, `${server.url}/${name}.html`, {
      host: server.host,
      ...(await ticketFor(name, server)),
    });
    assert.equal(await page.evaluate(countWasm), wasm, name);
    const file = randomFile(folder, `${name}.bin`, 234_567);
    await choose(page, file);
    const arrived = await arrivedIn(arrivals, file.name);
    assert.deepEqual(arrived, { protocol: protocolsOf(name)[0], md5: file.md5 });
    assert.deepEqual(await page.evaluate(refusals, PROTOCOLS), expectedRefusals(name));
    assert.deepEqual(page.problems, []);
  }
}

/** What an entry speaks; the first one is what a page gets that does not choose. */
function protocolsOf(name) {
  return name === ALL ? PROTOCOLS : [name];
}

/** Over which protocol a file of this name has arrived, and its digest. */
async function arrivedIn(folder, name) {
  for (const document of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const told = JSON.parse(readFileSync(path.join(folder, document), 'utf8'));
    const file = path.join(folder, path.parse(document).name);
    // What came with a ticket is noted by whoever issued it, for whom there is only one protocol.
    const { protocol = 'incoming' } = told;
    if (told.name === name) return { protocol, md5: await md5Of(file) };
  }
  return null;
}

async function ticketFor(name, server) {
  if (protocolsOf(name)[0] !== 'incoming') return {};
  const response = await fetch(`${server.url}/demo/tickets`, { method: 'POST' });
  return { ticket: await response.text() };
}

function countWasm() {
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
  return loaded.filter((name) => /\.wasm$/.test(new URL(name).pathname)).length;
}

/** In a page: which import the errors about other protocols name, by protocol. */
function refusals(protocols) {
  const told = (protocol) => {
    try {
      incoming.Uploader('ticket', new Blob(['a']), { protocol });
    } catch ({ message }) {
      return [protocol, message.match(/import '([^']*)'/)?.[1] ?? message];
    }
    return [];
  };
  return Object.fromEntries(protocols.map(told).filter(([protocol]) => protocol));
}

function expectedRefusals(name) {
  const others = PROTOCOLS.filter((protocol) => !protocolsOf(name).includes(protocol));
  return Object.fromEntries(others.map((protocol) => [protocol, IMPORTS[protocol]]));
}

/** Opens the page of a project when it is ready to be used. */
async function openConsumer(t, browser, url, parameters) {
  const page = await openPage(browser, `${url}?${new URLSearchParams(parameters)}`);
  atEnd(t, () => page.context().close());
  await until('the page is ready', () =>
    page.evaluate(() => window.usableAtOnce || document.documentElement.dataset.ready),
  );
  return page;
}

/** Chooses a file in a page and waits until it is uploaded. */
async function choose(page, { path: file, size }) {
  await page.setInputFiles('#files', file);
  await until('the upload is over', async () => /finished|Error/.test(await page.title()));
  assert.equal(await page.title(), `finished ${size}`);
}

/** Asserts that the page, in which this file is chosen, knows its digests, and who made them. */
async function assertHashes(page, file) {
  const digests = await page.evaluate(async () => {
    const [file] = document.querySelector('#files').files;
    const { fingerprint, fingerprint_chunks } = window.incoming;
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

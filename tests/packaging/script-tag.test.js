import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { entry } from '../../scripts/lib/entries.js';
import { pkg } from '../../scripts/lib/paths.js';
import { App, STRICT_POLICY } from '../support/app.js';
import { launch, openPage } from '../support/browser.js';
import { atEnd } from '../support/cleanup.js';
import { assertEntriesUpload, assertUploads, IMPORTS } from '../support/consumer.js';
import { randomFile, temporaryFolder } from '../support/files.js';
import { Relay } from '../support/relay.js';
import { Server } from '../support/server.js';

const PAGE = fileURLToPath(new URL('script-tag', import.meta.url));

describe('The script-tag build', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function open(t, policy) {
    const storage = `${temporaryFolder(t)}/storage`;
    const server = await Server.start(t, { storage });
    const app = await App.start(t, { server, folders: { '': PAGE }, policy });
    return assertUploads(t, browser, { server, app, url: `${app.url}/` });
  }

  it('is usable in the next script, under a strict policy, and adds one global', async (t) => {
    const page = await open(t, STRICT_POLICY);
    assert.equal(await page.evaluate(() => window.usableAtOnce), true);
    assert.deepEqual(await page.evaluate(() => window.newGlobals), ['incoming']);
  });

  it('uploads with each entry over its protocol, with the wasm inside', async (t) => {
    const folder = temporaryFolder(t);
    cpSync(PAGE, folder, { recursive: true });
    const page = readFileSync(path.join(PAGE, 'index.html'), 'utf8');
    for (const name of Object.keys(IMPORTS)) {
      const src = `/incoming/0.1/frontend/${entry(name).script}`;
      writeFileSync(path.join(folder, `${name}.html`), page.replace('/pkg/incoming.js', src));
    }
    await assertEntriesUpload(t, browser, folder, 0);
  });

  it('hashes in a worker where the policy allows a Blob', async (t) => {
    const page = await open(t, `${STRICT_POLICY}; worker-src blob:`);
    assert.equal(page.workers().length, 1);
    assert.deepEqual(page.problems, []);
  });

  it('hashes in the page where the policy forbids workers', async (t) => {
    const page = await open(t, `${STRICT_POLICY}; worker-src 'none'`);
    assert.equal(page.workers().length, 0);
    assert.equal(page.problems.length, 1, 'the browser mentions what it refused, once');
  });

  it('resumes after a reload, with a file of its own from another server', async (t) => {
    const args = ['--package', pkg];
    const server = await Server.start(t, { storage: `${temporaryFolder(t)}/storage`, args });
    const relay = await Relay.start(t, server.port);
    const app = await App.start(t, { server, folders: { '': PAGE } });
    const page = await openPage(browser, app.url);
    atEnd(t, () => page.context().close());
    const file = randomFile(temporaryFolder(t), 'resumed.bin', 6_000_000);
    const ticket = await app.newTicket();

    const begin = async () => {
      await page.addScriptTag({ url: `${server.url}/incoming/0.1/frontend/incoming.js` });
      const input = await page.evaluateHandle(() =>
        Object.assign(document.createElement('input'), { type: 'file' }),
      );
      await input.setInputFiles(file.path);
      await page.evaluate(
        ([input, ticket, host]) => {
          incoming.set_server_hostname(host);
          window.o = new incoming.Uploader(ticket, input.files[0], { resume: true }).start();
        },
        [input, ticket, relay.host],
      );
    };
    relay.bytesPerSecond = 2_000_000;
    await begin();
    await page.waitForFunction(() => o.resumable && o.bytes_acked > 0);
    const acked = await page.evaluate(() => o.bytes_acked);
    await page.reload();
    relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await begin();
    await page.waitForFunction(() => o.finished);
    assert.equal((await app.told(ticket)).md5, file.md5);
    assert.ok(relay.connections.at(-1).bytesSent <= file.size - acked);
    assert.deepEqual(await page.evaluate(() => incoming.pending()), []);
  });

  it('finds what hashes beside itself, also on another server', async (t) => {
    const args = ['--package', pkg];
    const server = await Server.start(t, { storage: `${temporaryFolder(t)}/storage`, args });
    const app = await App.start(t, { server, folders: { '': PAGE } });
    const page = await openPage(browser, app.url);
    atEnd(t, () => page.context().close());
    const src = `${server.url}/incoming/0.1/frontend/incoming.js`;
    const digest = await page.evaluate(async (src) => {
      const script = document.createElement('script');
      const loaded = new Promise((resolve) => script.addEventListener('load', resolve));
      document.head.append(Object.assign(script, { src }));
      await loaded;
      return incoming.fingerprint(new Blob(['abc']));
    }, src);
    assert.equal(digest, '900150983cd24fb0d6963f7d28e17f72');
    assert.equal(page.workers().length, 1);
  });

  /** A page that has the text of these files of the package in it. */
  async function openInlined(t, ...names) {
    const folder = temporaryFolder(t);
    const texts = names.map((name) => readFileSync(path.join(pkg, name), 'utf8'));
    const scripts = texts.map((text) => `<script>${text}</script>`).join('\n');
    writeFileSync(
      path.join(folder, 'index.html'),
      `<!doctype html><title>Inlined</title>${scripts}`,
    );
    const app = await App.start(t, { server: null, folders: { '': folder } });
    const page = await openPage(browser, app.url);
    atEnd(t, () => page.context().close());
    return page;
  }

  it('says at once what it needs when it was inlined into a page', async (t) => {
    const page = await openInlined(t, 'incoming.js');
    const outcomes = await page.evaluate(() => {
      const told = ({ kind, message }) => [kind, message];
      return Promise.all([
        incoming.fingerprint(new Blob(['abc'])).catch(told),
        incoming.pending().catch(told),
      ]);
    });
    const words = (name) =>
      'incoming: this script was inlined into the page; load it by its address (src) ' +
      `so that it finds ${name} beside it, or inline ${name} as well`;
    assert.deepEqual(outcomes, [
      ['unsupported', words('incoming-digest.js')],
      ['unsupported', words('incoming-checkpoints.js')],
    ]);
    assert.deepEqual(page.problems, []);
  });

  it('finds its other files when they were inlined, too', async (t) => {
    const page = await openInlined(
      t,
      'incoming.js',
      'incoming-digest.js',
      'incoming-checkpoints.js',
    );
    const found = await page.evaluate(async () => [
      await incoming.fingerprint(new Blob(['abc'])),
      await incoming.pending(),
    ]);
    assert.deepEqual(found, ['900150983cd24fb0d6963f7d28e17f72', []]);
    assert.equal(page.workers().length, 1);
    assert.deepEqual(page.problems, []);
  });
});

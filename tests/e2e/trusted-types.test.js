import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { App, STRICT_POLICY } from '../support/app.js';
import { launch, openPage } from '../support/browser.js';
import { atEnd } from '../support/cleanup.js';
import { randomFile, temporaryFolder } from '../support/files.js';
import { Relay } from '../support/relay.js';
import { Server } from '../support/server.js';
import { until } from '../support/wait.js';

const PAGE = fileURLToPath(new URL('page', import.meta.url));
const TRUSTED = `${STRICT_POLICY}; worker-src 'self' blob:; require-trusted-types-for 'script'`;

/** What else the policy of the page says. */
const ALLOWED = {
  'any policy': '',
  'our policy': '; trusted-types incoming-uploader',
  'no policy': "; trusted-types 'none'",
};
/** Bundlers find the worker of the module by its form, so that no policy can name its address. */
const BUILDS = {
  'The script-tag build': { path: '/script.html', workers: ['any policy', 'our policy'] },
  'The module': { path: '/', workers: [] },
};

for (const [build, { path, workers }] of Object.entries(BUILDS)) {
  for (const [allowed, directive] of Object.entries(ALLOWED)) {
    describe(`${build} on a page that asks for Trusted Types and allows ${allowed}`, () => {
      let browser;
      before(async () => {
        browser = await launch();
      });
      after(() => browser.close());

      const isQuiet = workers.includes(allowed);

      async function open(t) {
        const folder = temporaryFolder(t);
        const server = await Server.start(t, { storage: `${folder}/storage` });
        const policy = TRUSTED + directive;
        const app = await App.start(t, { server, folders: { '': PAGE }, policy });
        const page = await openPage(browser, app.url + path);
        atEnd(t, () => page.context().close());
        const file = randomFile(folder, 'trusted.bin', 6_000_000);
        return { server, app, page, file };
      }

      async function choose(page, file) {
        await until('the page is ready', () => page.evaluate(() => Boolean(window.incoming)));
        await page.setInputFiles('#files', file.path);
      }

      it(`hashes in ${isQuiet ? 'a worker' : 'the page'}`, async (t) => {
        const { page, file } = await open(t);
        await choose(page, file);
        const digest = await page.evaluate(() => {
          const [file] = document.querySelector('#files').files;
          return incoming.fingerprint(file);
        });
        assert.equal(digest, file.md5);
        assert.equal(page.workers().length, isQuiet ? 1 : 0);
        if (isQuiet) assert.deepEqual(page.problems, [], 'the browser has nothing to complain of');
      });

      it('resumes after a reload', async (t) => {
        const { server, app, page, file } = await open(t);
        const relay = await Relay.start(t, server.port);
        const ticket = await app.newTicket();
        const begin = async () => {
          await choose(page, file);
          await page.evaluate(
            ([ticket, host]) => {
              incoming.set_server_hostname(host);
              const [file] = document.querySelector('#files').files;
              window.o = new incoming.Uploader(ticket, file, { resume: true }).start();
            },
            [ticket, relay.host],
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
      });
    });
  }
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pkg } from '../../scripts/lib/paths.js';
import { App, STRICT_POLICY } from '../support/app.js';
import { launch, openPage } from '../support/browser.js';
import { assertUploads } from '../support/consumer.js';
import { temporaryFolder } from '../support/files.js';
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

  it('finds what hashes beside itself, also on another server', async (t) => {
    const args = ['--package', pkg];
    const server = await Server.start(t, { storage: `${temporaryFolder(t)}/storage`, args });
    const app = await App.start(t, { server, folders: { '': PAGE } });
    const page = await openPage(browser, app.url);
    t.after(() => page.context().close());
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
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { App, STRICT_POLICY } from '../support/app.js';
import { launch } from '../support/browser.js';
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

  it('is usable in the next script, under a strict policy, and adds one global', async (t) => {
    const server = await Server.start(t, { storage: `${temporaryFolder(t)}/storage` });
    const app = await App.start(t, { server, folders: { '': PAGE }, policy: STRICT_POLICY });
    const page = await assertUploads(t, browser, { server, app, url: `${app.url}/` });
    assert.equal(await page.evaluate(() => window.usableAtOnce), true);
    assert.deepEqual(await page.evaluate(() => window.newGlobals), ['incoming']);
  });
});

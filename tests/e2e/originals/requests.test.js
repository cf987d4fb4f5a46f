import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { App } from '../../support/app.js';
import { launch } from '../../support/browser.js';
import { ORIGINALS, Original, originalsPage } from '../../support/originals.js';

const CHUNK = 100_000;
const HEADERS = { 'X-Token': 'abc' };

/** The options by which each client adds its own and goes to another place. */
const EXTRAS = {
  resumable: (target, credentials) => ({
    target,
    chunkSize: CHUNK,
    headers: HEADERS,
    query: { 'a b': 'ü&=文件' },
    withCredentials: credentials,
  }),
  flow: (target, credentials) => ({
    target,
    chunkSize: CHUNK,
    headers: HEADERS,
    query: { 'a b': 'ü&=文件' },
    withCredentials: credentials,
  }),
  fineuploader: (endpoint, credentials) => ({
    request: { endpoint, customHeaders: HEADERS, params: { 'a b': 'ü&=文件' } },
    chunking: { enabled: true, partSize: CHUNK },
    cors: { expected: true, sendCredentials: credentials },
  }),
};

for (const [library, { path }] of Object.entries(ORIGINALS)) {
  describe(`Requests of the original ${library}`, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    it('may carry headers and parameters of the page', async (t) => {
      const original = await Original.open(t, browser, library);
      const file = original.site.file('extra.bin', 3 * CHUNK + 1);
      await original.begin([file], EXTRAS[library](path, false));
      await original.finish();
      await original.assertArrived();
      for (const { headers, fields } of original.sent()) {
        assert.equal(headers['x-token'], 'abc');
        assert.equal(fields['a b'], 'ü&=文件');
      }
    });

    for (const credentials of [false, true]) {
      const how = credentials ? 'with cookies' : 'without cookies';
      it(`go to another origin ${how}`, async (t) => {
        const app = await App.start(t, { folders: { '': originalsPage(t) } });
        const args = ['--cors-origins', app.url];
        const original = await Original.open(t, browser, library, { args });
        const { site } = original;
        original.page = await site.openPage(t, app.url);
        const cookie = { name: 'session', value: 'secret', url: site.url };
        await original.page.context().addCookies([cookie]);
        const file = site.file('blåbær ü 文件.bin', 3 * CHUNK + 1);
        await original.begin([file], EXTRAS[library](site.url + path, credentials));
        await original.finish();
        await original.assertArrived();
        assert.ok(original.sent().every(({ headers }) => 'cookie' in headers === credentials));
        assert.ok(site.relay.requests(path).some(({ method }) => method === 'OPTIONS'));
      });
    }

    it('end when the server refuses the file for good', async (t) => {
      const args = ['--max-file-size', '1000'];
      const original = await Original.open(t, browser, library, { args });
      await original.begin([original.site.file('large.bin', 1001)]);
      await original.page.waitForFunction(() => window.log.failed.length > 0);
      const { failed, succeeded } = await original.log();
      assert.deepEqual(succeeded, []);
      assert.match(failed[0][1], /large|1000/);
      await original.assertNothingArrived();
    });
  });
}

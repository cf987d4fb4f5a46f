import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { App } from '../../support/app.js';
import { launch } from '../../support/browser.js';
import { DIALECTS, OVER_HTTP } from '../../support/dialects.js';
import { Site } from '../../support/site.js';
import { until } from '../../support/wait.js';

const PAGE = fileURLToPath(new URL('../page', import.meta.url));
const MIB = 1024 * 1024;
const CHUNK = 100_000;
const SIZES = [0, 1, CHUNK, CHUNK + 1, 5 * CHUNK + 7];

const VARIANTS = {
  resumable: {
    'that ask first': { test_chunks: true },
    'of bare bytes': { method: 'octet' },
    'of bare bytes with PUT': { method: 'octet', upload_method: 'PUT' },
    'of chunks of one size': { force_chunk_size: true },
    'one after the other': { simultaneous: 1 },
    'many at once': { simultaneous: 6 },
  },
  flow: {
    'that ask first': { test_chunks: true },
    'of bare bytes': { method: 'octet' },
    'of chunks of one size': { force_chunk_size: true },
    'many at once': { simultaneous: 6 },
  },
  fineuploader: {
    'of whole files': { chunking: false },
    'of whole files with a query': { chunking: false, params_in_body: false },
    'of whole files as bare bytes': {
      chunking: false,
      params_in_body: false,
      force_multipart: false,
    },
    'with a query': { params_in_body: false },
    'of bare bytes': { params_in_body: false, force_multipart: false },
    'that are mandatory chunks': { mandatory: true },
    'many at once': { concurrent: true },
    'many at once and a word at the end': {
      concurrent: true,
      success_endpoint: '/fineuploader/success',
    },
  },
};

/** Without a form; flow.js sends the type of the file then. */
const BARE = {
  resumable: { protocol: 'resumable', method: 'octet' },
  fineuploader: { protocol: 'fineuploader', params_in_body: false, force_multipart: false },
};

for (const protocol of OVER_HTTP) {
  const { noted, path, options } = DIALECTS[protocol];
  const small = { ...options, chunk_size: CHUNK };

  describe(`Requests of ${protocol}`, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    async function assertFinishes(site, upload) {
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
      await site.assertArrived(noted, upload.file);
    }

    for (const [what, variant] of Object.entries(VARIANTS[protocol])) {
      it(`${what} take files of all sizes`, async (t) => {
        const site = await Site.open(t, browser);
        const files = SIZES.map((size) => site.file(`blåbær ü 文件 ${size}.bin`, size));
        const uploads = await site.uploads(files, { ...small, ...variant });
        for (const upload of uploads) {
          await upload.start();
          assert.deepEqual(await upload.outcome(), { ok: true });
        }
        await site.assertArrived(noted, ...files);
      });
    }

    it('of bare bytes say that they are bytes, whatever the file is', async (t) => {
      if (!(protocol in BARE)) return;
      const site = await Site.open(t, browser);
      const upload = await site.upload(site.file('page.html', 1000), BARE[protocol]);
      await assertFinishes(site, upload);
      const types = site.relay.requests(path).map(({ headers }) => headers['content-type']);
      assert.deepEqual(types, ['application/octet-stream']);
    });

    it('leave by fetch when the page wants it so', async (t) => {
      const site = await Site.open(t, browser);
      await site.page.evaluate(() => {
        window.XMLHttpRequest = undefined;
      });
      const files = [0, 1, 3 * MIB + 5].map((size) => site.file(`${size}.bin`, size));
      const uploads = await site.uploads(files, { ...options, transport: 'fetch' });
      for (const upload of uploads) {
        await upload.start();
        assert.deepEqual(await upload.outcome(), { ok: true });
      }
      await site.assertArrived(noted, ...files);
    });

    it('by fetch can be paused and cancelled', async (t) => {
      const site = await Site.open(t, browser);
      site.relay.bytesPerSecond = 2 * MIB;
      const files = [site.file('paused.bin', 2 * MIB), site.file('cancelled.bin', 2 * MIB)];
      const uploads = await site.uploads(files, { ...small, transport: 'fetch' });
      for (const upload of uploads) await upload.start();
      const [paused, cancelled] = uploads;
      await paused.underway();
      await cancelled.call('cancel');
      await paused.call('pause', 'pause');
      await paused.until('paused', (o) => o.paused);
      assert.equal((await cancelled.outcome()).kind, 'cancelled');
      site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
      await paused.call('pause', 'unpause');
      assert.deepEqual(await paused.outcome(), { ok: true });
      await site.assertArrived(noted, paused.file);
    });

    it('carry headers and parameters of the page', async (t) => {
      const site = await Site.open(t, browser);
      const upload = await site.upload(site.file('extra.bin', 4 * CHUNK), {
        ...small,
        headers: { 'X-Token': 'abc' },
        params: { 'a b': 'ü&=文件', nested: { deep: 1 } },
      });
      await assertFinishes(site, upload);
      const requests = site.relay.requests(path);
      assert.ok(requests.length >= 4);
      for (const { headers, fields } of requests) {
        assert.equal(headers['x-token'], 'abc');
        assert.equal(fields['a b'], 'ü&=文件');
        assert.equal(fields['nested[deep]'], '1');
      }
    });

    it('carry headers and parameters of any kind that browsers have', async (t) => {
      const site = await Site.open(t, browser);
      const make = (options) => {
        const headers = () => [['X-Token', 'abc']];
        const params = new URLSearchParams({ ticket: '7' });
        return makeUpload(null, 0, { ...options, headers, params });
      };
      const upload = await site.uploadMadeBy(site.file('iterable.bin', 2 * CHUNK), make, small);
      await assertFinishes(site, upload);
      const requests = site.relay.requests(path);
      assert.ok(requests.length > 0);
      for (const { headers, fields } of requests) {
        assert.equal(headers['x-token'], 'abc');
        assert.equal(fields.ticket, '7');
      }
    });

    it('carry headers and parameters that are fetched anew for each', async (t) => {
      const site = await Site.open(t, browser);
      const make = (options) => {
        const calls = { headers: 0, params: 0 };
        const later = (name) =>
          new Promise((resolve) => {
            calls[name] += 1;
            setTimeout(resolve, 20, calls[name]);
          });
        const headers = async () => ({ 'X-Token': `${await later('headers')}` });
        const params = async () => ({ ticket: await later('params') });
        return makeUpload(null, 0, { ...options, headers, params });
      };
      const upload = await site.uploadMadeBy(site.file('fresh.bin', 4 * CHUNK), make, small);
      await assertFinishes(site, upload);
      const requests = site.relay.requests(path);
      const numbers = requests.map((_, i) => `${i + 1}`);
      assert.deepEqual(requests.map(({ headers }) => headers['x-token']).sort(), numbers);
      assert.deepEqual(requests.map(({ fields }) => fields.ticket).sort(), numbers);
    });

    it('wait for a token that is late, and are tried again when there is none', async (t) => {
      const site = await Site.open(t, browser);
      const make = (options) => {
        let calls = 0;
        const headers = async () => {
          calls += 1;
          if (calls === 2) throw new Error('no token');
          return { 'X-Token': 'abc' };
        };
        return makeUpload(null, 0, { ...options, headers });
      };
      const upload = await site.uploadMadeBy(site.file('late.bin', 4 * CHUNK), make, small);
      await assertFinishes(site, upload);
    });

    it('go to another origin, with cookies if the page wants it', async (t) => {
      const app = await App.start(t, { folders: { '': PAGE } });
      const site = await Site.open(t, browser, { args: ['--cors-origins', app.url] });
      site.page = await site.openPage(t, app.url);
      const cookie = { name: 'session', value: 'secret', url: site.url };
      await site.page.context().addCookies([cookie]);
      const elsewhere = { ...small, endpoint: site.url + path, headers: { 'X-Token': 'abc' } };

      const without = await site.upload(site.file('without.bin', 2 * CHUNK), elsewhere);
      await without.start();
      assert.deepEqual(await without.outcome(), { ok: true });
      const carries = ({ method, headers }) => method === 'POST' && 'cookie' in headers;
      assert.ok(!site.relay.requests(path).some(carries));

      const options = { ...elsewhere, with_credentials: true };
      const upload = await site.upload(site.file('with.bin', 2 * CHUNK), options);
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
      assert.ok(site.relay.requests(path).some(carries));
      assert.ok(site.relay.requests(path).some(({ method }) => method === 'OPTIONS'));
      await site.assertArrived(noted, without.file, upload.file);
    });

    it('are not repeated when the server refuses the file for good', async (t) => {
      const site = await Site.open(t, browser, { args: ['--max-file-size', '1000'] });
      const upload = await site.upload(site.file('large.bin', 1001), small);
      await upload.start();
      const outcome = await upload.outcome();
      assert.equal(outcome.kind, 'rejected');
      assert.match(outcome.message, /large|1000/);
      assert.equal(site.relay.requests(path).length, 1);
      await site.assertArrived(noted);
    });

    it('are answered in the end by a server that takes longer than the page has patience', async (t) => {
      const site = await Site.open(t, browser);
      const patience = { ...small, stall_timeout_ms: 300, retry: { delays: [10] } };
      const upload = await site.upload(site.file('slow.bin', CHUNK), {
        ...patience,
        transport: 'fetch',
      });
      site.relay.downSeconds = 1;
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
      await site.assertArrived(noted, upload.file);
    });

    it('are repeated when nothing moves', async (t) => {
      const site = await Site.open(t, browser);
      const patience = { ...small, stall_timeout_ms: 600, retry: { delays: [50] } };
      const upload = await site.upload(site.file('stalled.bin', 5 * CHUNK), patience);
      site.relay.frozen = true;
      const before = site.relay.connections.length;
      await upload.start();
      await until('requests are given up', () => site.relay.connections.length >= before + 4);
      site.relay.frozen = false;
      assert.deepEqual(await upload.outcome(), { ok: true });
      await site.assertArrived(noted, upload.file);
    });
  });
}

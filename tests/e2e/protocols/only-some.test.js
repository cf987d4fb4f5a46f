import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { DIALECTS } from '../../support/dialects.js';
import { Site } from '../../support/site.js';

const MIB = 1024 * 1024;
const CHUNK = 256 * 1024;
const SIZE = 3 * MIB + 7;

describe('What only some protocols can', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const protocol of ['resumable', 'flow']) {
    const { path, noted, options } = DIALECTS[protocol];

    it(`${protocol} goes on in a new page where the old one was left`, async (t) => {
      const asking = { ...options, chunk_size: CHUNK, test_chunks: true };
      const site = await Site.open(t, browser);
      site.relay.bytesPerSecond = 3 * MIB;
      const file = site.file('blåbær ü 文件.bin', SIZE);
      const first = await site.upload(file, asking);
      await first.start();
      await first.underway();
      const again = site.page.reload();
      site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
      await again;
      await site.page.waitForFunction(() => typeof window.files === 'function');
      const moment = performance.now();
      const second = await site.upload(file, asking);
      await second.start();
      assert.deepEqual(await second.outcome(), { ok: true });
      await site.assertArrived(noted, file);
      const later = site.relay.requests(path).filter(({ at }) => at > moment);
      const sent = later.filter(({ method }) => method === 'POST').length;
      const there = later.filter(({ method, status }) => method === 'GET' && status === 200).length;
      assert.ok(there > 0, 'the server has some');
      assert.equal(sent + there, Math.floor(SIZE / CHUNK));
    });
  }

  for (const delete_method of ['DELETE', 'POST']) {
    for (const chunking of [true, false]) {
      const how = chunking ? 'in chunks' : 'whole';

      it(`fineuploader removes with ${delete_method} what it has sent ${how}`, async (t) => {
        const { noted, options } = DIALECTS.fineuploader;
        const site = await Site.open(t, browser);
        const files = [site.file('gone.bin', 100_000), site.file('kept.bin', 100_001)];
        const small = { ...options, chunking, chunk_size: 30_000, delete_method };
        const [gone, kept] = await site.uploads(files, small);
        for (const upload of [gone, kept]) {
          await upload.start();
          assert.deepEqual(await upload.outcome(), { ok: true });
        }
        assert.equal((await gone.look()).can_remove, true);
        assert.equal(await gone.call('remove'), true, 'remove() returns the uploader');
        const removed = await gone.until('removed', (o) => o.removed);
        assert.equal(removed.can_remove, false);
        await site.assertArrived(noted, kept.file);
      });
    }
  }

  it('fineuploader goes on under its uuid in a new page', async (t) => {
    const { noted, options } = DIALECTS.fineuploader;
    const site = await Site.open(t, browser);
    site.relay.bytesPerSecond = 3 * MIB;
    const file = site.file('resumed.bin', SIZE);
    const make = (options) =>
      makeUpload('6c1b2c5e-6c7e-4a0f-9a59-0d7c1d7f3c11', 0, { ...options, chunk_size: 262_144 });
    const first = await site.uploadMadeBy(file, make, options);
    await first.start();
    await first.underway();
    site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await site.page.goto(site.url);
    await site.page.waitForFunction(() => typeof window.files === 'function');
    const second = await site.uploadMadeBy(file, make, { ...options, resume: true });
    await second.start();
    assert.deepEqual(await second.outcome(), { ok: true });
    await site.assertArrived(noted, file);
  });

  it('galileo has the server check the MD5', async (t) => {
    const { noted, options } = DIALECTS.galileo;
    const site = await Site.open(t, browser);
    const file = site.file('checked.bin', 300_000);
    const right = await site.upload(file, { ...options, hash: { type: 'md5', value: file.md5 } });
    await right.start();
    assert.deepEqual(await right.outcome(), { ok: true });
    await site.assertArrived(noted, file);

    const value = '0'.repeat(32);
    const wrong = await site.upload(file, { ...options, hash: { type: 'md5', value } });
    await wrong.start();
    const outcome = await wrong.outcome();
    assert.equal(outcome.ok, false);
    assert.match(outcome.message, new RegExp(value));
    await site.assertArrived(noted, file);
  });

  it('galileo takes no headers, and says so', async (t) => {
    const site = await Site.open(t, browser);
    const make = (options) => makeUpload(null, 0, { ...options, headers: { 'X-Token': 'abc' } });
    const file = site.file('headers.bin', 1);
    await assert.rejects(site.uploadMadeBy(file, make, DIALECTS.galileo.options), /headers/);
  });
});

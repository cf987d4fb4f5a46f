import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../../support/browser.js';
import { DIALECTS } from '../../support/dialects.js';
import { Site } from '../../support/site.js';

const MIB = 1024 * 1024;
const SIZE = 6 * MIB + 11;
const SMALL_CHUNK = 256 * 1024;

for (const [protocol, { noted, options, resumes, path }] of Object.entries(DIALECTS)) {
  describe(`An interruption of ${protocol}`, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    async function underway(t) {
      const site = await Site.open(t, browser);
      site.relay.bytesPerSecond = 4 * MIB;
      const file = site.file('interrupted.bin', SIZE);
      const upload = await site.upload(file, { ...options, chunk_size: SMALL_CHUNK });
      await upload.start();
      await upload.underway();
      return { site, upload };
    }

    async function assertArrivesWhole({ site, upload }) {
      site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
      assert.deepEqual(await upload.outcome(), { ok: true });
      await site.assertArrived(noted, upload.file);
      assert.deepEqual(await upload.calls(), ['onfinished']);
    }

    /** What was confirmed at `before` is not sent again after `moment`. */
    function assertOnlyTheRestIsSent(site, before, moment) {
      if (!resumes) return;
      const later = site.relay.requests(path).filter(({ at }) => at > moment);
      const sent = later.reduce((sum, exchange) => sum + sizeOfChunk(exchange), 0);
      const rest = SIZE - before.bytes_acked;
      assert.equal(sent, rest);
    }

    it('by a pause stops it until it goes on', async (t) => {
      const { site, upload } = await underway(t);
      assert.equal((await upload.look()).can_pause, true);
      assert.equal(await upload.call('pause', 'pause'), true, 'pause() returns the uploader');
      const paused = await upload.until('paused', (o) => o.paused);
      assert.equal(paused.can_cancel, true);
      await sleep(500);
      const later = await upload.look();
      assert.ok(later.bytes_acked - paused.bytes_acked <= (resumes ? 0 : SMALL_CHUNK));

      const moment = performance.now();
      await upload.call('pause', 'unpause');
      assert.equal((await upload.look()).paused, false);
      await assertArrivesWhole({ site, upload });
      assertOnlyTheRestIsSent(site, later, moment);
    });

    it('by pauses again and again does no harm', async (t) => {
      const { site, upload } = await underway(t);
      for (let i = 0; i < 4; i += 1) {
        await upload.call('pause', 'toggle');
        await upload.until('paused', (o) => o.paused);
        await upload.call('pause', 'toggle');
        await upload.until('going on', (o) => !o.paused && o.connected);
      }
      await upload.page.evaluate((number) => {
        const { o } = uploads[number];
        for (let i = 0; i < 5; i += 1) o.pause('pause').pause('unpause');
      }, upload.number);
      await assertArrivesWhole({ site, upload });
    });

    it('by a cut wire loses nothing', async (t) => {
      const { site, upload } = await underway(t);
      site.relay.frozen = true;
      await sleep(200);
      const before = await upload.look();
      const moment = performance.now();
      site.relay.cut();
      site.relay.frozen = false;
      await assertArrivesWhole({ site, upload });
      assertOnlyTheRestIsSent(site, before, moment);
    });

    it('by a network that is away for a while loses nothing', async (t) => {
      const { site, upload } = await underway(t);
      site.relay.refuse = true;
      site.relay.cut();
      await upload.until('the loss is noticed', (o) => !o.connected);
      await sleep(1000);
      site.relay.refuse = false;
      await assertArrivesWhole({ site, upload });
    });

    it('by a server that is killed and started again loses nothing', async (t) => {
      const { site, upload } = await underway(t);
      const before = await upload.look();
      await site.server.kill();
      const moment = performance.now();
      await upload.until('the loss is noticed', (o) => !o.connected);
      await site.server.start();
      await assertArrivesWhole({ site, upload });
      if (!resumes) return;
      const later = site.relay.requests(path).filter(({ at }) => at > moment);
      const sent = new Set(later.map(({ fields }) => JSON.stringify(fields))).size;
      const left = Math.ceil((SIZE - before.bytes_acked) / SMALL_CHUNK);
      assert.ok(sent <= left, `${left} chunks were left, ${sent} were sent`);
    });

    it('by cancel() ends it', async (t) => {
      const { site, upload } = await underway(t);
      await upload.call('cancel', 'changed my mind');
      const outcome = await upload.outcome();
      assert.equal(outcome.kind, 'cancelled');
      assert.equal((await upload.look()).cancel_msg, 'changed my mind');
      assert.deepEqual(await upload.calls(), ['oncancelled']);
      await assertNothingMoves(site);
      await site.assertArrived(noted);
    });

    it('by cancel() in a pause ends it', async (t) => {
      const { site, upload } = await underway(t);
      await upload.call('pause', 'pause');
      await upload.until('paused', (o) => o.paused);
      await upload.call('cancel', 'enough');
      assert.equal((await upload.outcome()).kind, 'cancelled');
      await assertNothingMoves(site);
      await site.assertArrived(noted);
    });

    it('by an AbortSignal ends it', async (t) => {
      const site = await Site.open(t, browser);
      site.relay.bytesPerSecond = 4 * MIB;
      const make = (options) => {
        window.controller = new AbortController();
        return makeUpload(null, 0, { ...options, signal: window.controller.signal });
      };
      const upload = await site.uploadMadeBy(site.file('signal.bin', SIZE), make, options);
      await upload.start();
      await upload.until('bytes leave', (o) => o.bytes_tx > 0);
      await site.page.evaluate(() => window.controller.abort());
      assert.equal((await upload.outcome()).kind, 'cancelled');
      await assertNothingMoves(site);
      await site.assertArrived(noted);
    });

    async function assertNothingMoves(site) {
      await sleep(300);
      const count = site.relay.requests(path).length;
      await sleep(500);
      assert.equal(site.relay.requests(path).length, count);
    }
  });
}

function sizeOfChunk({ method, fields }) {
  if (method !== 'POST') return 0;
  const { resumableCurrentChunkSize, flowCurrentChunkSize, qqchunksize } = fields;
  return Number(resumableCurrentChunkSize ?? flowCurrentChunkSize ?? qqchunksize ?? 0);
}

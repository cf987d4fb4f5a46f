import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { RESUMING, Reloading, SIZE } from '../../support/reloading.js';

for (const protocol of RESUMING) {
  describe(`A reload during an upload over ${protocol}`, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    it('costs nothing that was confirmed', async (t) => {
      const r = await Reloading.open(t, browser, protocol);
      const file = r.file();
      const first = await r.underway(file);
      const moment = r.moment();
      const seen = await r.reload(first);
      const [entry] = await r.pending();
      assert.equal(entry.filename, file.name);
      assert.equal(entry.bytes_total, SIZE);
      assert.ok(entry.bytes_acked >= seen.bytes_acked && entry.bytes_acked < SIZE, 'kept');

      const before = r.moment();
      const second = await r.start(file);
      await r.finish(second);
      const sent = r.bytesSince(before);
      assert.ok(sent <= SIZE - seen.bytes_acked, `sent ${sent}, had ${seen.bytes_acked}`);
      assert.ok(r.bytesSince(moment) > 0);
      await r.assertArrived(file, first.ticket);
      assert.deepEqual([await r.pending(), await r.kept()], [[], []], 'nothing is left behind');
    });

    it('before anything was heard of the server loses nothing', async (t) => {
      const r = await Reloading.open(t, browser, protocol);
      const file = r.file();
      await r.reload(await r.underway(file));
      const [before] = await r.kept();
      r.relay.refuse = protocol === 'incoming';
      await r.page.route(
        ({ pathname }) => pathname === r.dialect?.path,
        (route) => route.abort(),
      );
      const second = await r.start(file);
      await second.until('it goes on', (o) => o.resumable);
      await r.reload(second);
      const [[name, text], ...others] = await r.kept();
      const [kept, found] = [text, before[1]].map((text) => JSON.parse(text));
      assert.deepEqual([name, others, kept.bytes_acked], [before[0], [], found.bytes_acked]);
      assert.deepEqual(kept.checkpoint, found.checkpoint);
      r.relay.refuse = false;
      await r.page.unrouteAll();
      await r.finish(await r.start(file));
    });

    it('buys no upload id for what can be resumed', async (t) => {
      if (protocol === 'robusto') return t.skip('it needs none');
      const r = await Reloading.open(t, browser, protocol);
      const file = r.file();
      const ids = await r.ids(3);
      const first = await r.makeBy(file, ids);
      await first.underway();
      await r.reload(first);
      const second = await r.makeBy(file, ids);
      await r.finish(second);
      await r.assertArrived(file, ids[0]);
      assert.equal(await r.page.evaluate(() => window.calls), 0, 'nobody was asked');
    });

    it('is no reason to take another file of the same name for it', async (t) => {
      const r = await Reloading.open(t, browser, protocol);
      const file = r.file();
      const first = await r.underway(file);
      await r.reload(first);
      const other = r.file();
      assert.notEqual(other.md5, file.md5);

      const second = await r.start(other);
      await r.finish(second);
      await r.assertArrived(other, second.ticket);
      assert.equal((await r.pending()).length, 1, 'the first one is still there');
    });

    it('after which the server has forgotten everything starts over', async (t) => {
      const r = await Reloading.open(t, browser, protocol);
      const file = r.file();
      const first = await r.underway(file);
      await r.reload(first);
      await r.place.server.kill();
      rmSync(path.join(r.place.folder, 'storage'), { recursive: true });
      await r.place.server.start();

      const second = await r.start(file);
      await r.finish(second);
      await r.assertArrived(file, second.ticket);
      assert.deepEqual(await r.kept(), []);
    });
  });
}

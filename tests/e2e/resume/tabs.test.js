import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { RESUMING, Reloading, SIZE } from '../../support/reloading.js';

describe('Two tabs with the same file', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  /** The first tab sends a file, and the second waits for it; `old` is the page of the first. */
  async function twoTabs(t, protocol) {
    const r = await Reloading.open(t, browser, protocol);
    const file = r.file();
    const first = await r.underway(file);
    const old = await r.otherTab();
    const second = await r.start(file);
    const waiting = await untilItWaits(second);
    return { r, file, first, second, old, waiting };
  }

  function untilItWaits(upload) {
    return upload.until('waiting', (o) => o.state_msg.includes('another page'));
  }

  for (const protocol of RESUMING) {
    it(`do not fight over ${protocol}: one waits, and goes on where the other left it`, async (t) => {
      const { r, file, first, second, old, waiting } = await twoTabs(t, protocol);
      assert.equal(waiting.bytes_acked, 0);
      const seen = await first.look();
      assert.equal(seen.error_code, null);

      // A pause lets go of nothing.
      await first.call('pause', 'pause');
      await first.until('paused', (o) => o.paused);
      await r.quiet();
      const before = r.moment();
      await old.close();
      await r.finish(second);
      assert.ok(r.bytesSince(before) <= SIZE - seen.bytes_acked);
      await r.assertArrived(file, first.ticket);
      assert.deepEqual(await r.kept(), []);
    });
  }

  it('send it twice, one after the other, when the first comes to its end', async (t) => {
    const { r, file, first, second } = await twoTabs(t, 'incoming');
    await r.finish(first);
    await r.finish(second);
    await r.assertArrived(file, first.ticket);
    await r.assertArrived(file, second.ticket);
  });

  it('let the one that waits be paused and cancelled', async (t) => {
    const { r, file, first, second } = await twoTabs(t, 'incoming');
    await second.call('pause', 'pause');
    assert.equal((await second.look()).paused, true);
    await second.call('pause', 'unpause');
    await untilItWaits(second);
    await second.call('cancel', 'no');
    assert.equal((await second.outcome()).kind, 'cancelled');
    await r.finish(first);
    await r.assertArrived(file, first.ticket);
  });
});

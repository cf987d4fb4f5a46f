import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../support/browser.js';
import { Stage } from '../support/stage.js';

const MIB = 1024 * 1024;
const SIZE = 24 * MIB + 11;

describe('Pause', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function underway(t) {
    const stage = await Stage.set(t, browser);
    stage.relay.bytesPerSecond = 12 * MIB;
    const upload = await stage.upload(stage.file('pause.bin', SIZE));
    await upload.start();
    await upload.underway();
    return { stage, upload };
  }

  async function assertArrivesWhole(stage, upload) {
    stage.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal((await stage.app.told(upload.ticket)).md5, upload.file.md5);
    assertNothingAcknowledgedIsSentAgain(stage.relay.connections);
  }

  it('stops, and goes on without sending again what was acknowledged', async (t) => {
    const { stage, upload } = await underway(t);
    assert.equal((await upload.look()).can_pause, true);
    assert.equal(await upload.call('pause', 'pause'), true, 'pause() returns the uploader');
    const paused = await upload.until('paused', (o) => o.paused);
    assert.equal(paused.can_cancel, true);
    await sleep(500);
    const later = await upload.look();
    assert.equal(later.bytes_acked, paused.bytes_acked, 'nothing moves during a pause');
    assert.equal(later.frac_complete, paused.frac_complete);

    await upload.call('pause', 'unpause');
    assert.equal((await upload.look()).paused, false);
    await assertArrivesWhole(stage, upload);
    assert.equal(stage.relay.connections.length, 2);
    assert.deepEqual(await upload.calls(), ['onfinished']);
  });

  it('goes on after start() as well', async (t) => {
    const { stage, upload } = await underway(t);
    await upload.call('pause', 'pause');
    await upload.until('paused', (o) => o.paused);
    await upload.start();
    await assertArrivesWhole(stage, upload);
  });

  it('can be ended in the same moment in which it began', async (t) => {
    const { stage, upload } = await underway(t);
    await upload.page.evaluate((number) => {
      const { o } = uploads[number];
      for (let i = 0; i < 5; i += 1) o.pause('pause').pause('unpause');
    }, upload.number);
    await assertArrivesWhole(stage, upload);
  });

  it('can be toggled again and again', async (t) => {
    const { stage, upload } = await underway(t);
    for (let i = 0; i < 4; i += 1) {
      await upload.call('pause', 'toggle');
      await upload.until('paused', (o) => o.paused);
      await upload.call('pause', 'toggle');
      await upload.until('going on', (o) => !o.paused && o.connected);
    }
    await assertArrivesWhole(stage, upload);
  });

  it('outlasts a restart of the server', async (t) => {
    const { stage, upload } = await underway(t);
    await upload.call('pause', 'pause');
    await upload.until('paused', (o) => o.paused);
    await stage.server.kill();
    await stage.server.start();
    await upload.call('pause', 'unpause');
    await assertArrivesWhole(stage, upload);
  });
});

function assertNothingAcknowledgedIsSentAgain(connections) {
  const used = connections.filter(({ start }) => start !== undefined);
  for (const [i, { start }] of used.entries()) {
    const known = i === 0 ? 0 : used[i - 1].acknowledged;
    assert.ok(start >= known, `goes on at ${start}, though ${known} bytes were acknowledged`);
  }
  const last = used.at(-1);
  assert.equal(last.start + last.bytesSent, SIZE, 'the rest is sent once');
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { Stage } from '../support/stage.js';

const MIB = 1024 * 1024;
const SIZE = 24 * MIB + 5;

describe('A bad network', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function underway(t, options) {
    const stage = await Stage.set(t, browser);
    stage.relay.bytesPerSecond = 12 * MIB;
    const upload = await stage.upload(stage.file('network.bin', SIZE), options);
    await upload.start();
    await upload.underway();
    return { stage, upload };
  }

  async function assertGoesOn(stage, upload) {
    stage.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal((await stage.app.told(upload.ticket)).md5, upload.file.md5);
    assert.deepEqual(
      await upload.calls(),
      ['onfinished'],
      'a loss is no error as long as it heals',
    );
    const { connections } = stage.relay;
    const used = connections.filter(({ start }) => start !== undefined);
    assert.ok(used.length > 1, 'there was more than one connection');
    for (const [i, { start }] of used.entries()) {
      if (i > 0) assert.ok(start >= used[i - 1].acknowledged, 'what was acknowledged is kept');
    }
    assert.ok(used.at(-1).start > 0, 'nothing begins again from zero');
  }

  it('that cuts the connection only delays the upload', async (t) => {
    const { stage, upload } = await underway(t);
    stage.relay.cut();
    await assertGoesOn(stage, upload);
  });

  it('that cuts the connection several times only delays the upload', async (t) => {
    const { stage, upload } = await underway(t, { retry: { delays: [50] } });
    for (let i = 0; i < 4; i += 1) {
      const { bytes_acked } = await upload.look();
      stage.relay.cut();
      await upload.until('it goes on', (o) => o.connected && o.bytes_acked > bytes_acked);
    }
    await assertGoesOn(stage, upload);
  });

  it('that lets nothing through for a while only delays the upload', async (t) => {
    const { stage, upload } = await underway(t, {
      stall_timeout_ms: 1000,
      retry: { delays: [100] },
    });
    stage.relay.frozen = true;
    await upload.until('the stall is noticed', (o) => !o.connected);
    stage.relay.cut();
    stage.relay.frozen = false;
    await assertGoesOn(stage, upload);
  });

  it('and a server that is killed and started again only delay the upload', async (t) => {
    const { stage, upload } = await underway(t, { retry: { delays: [200] } });
    await stage.server.kill();
    await upload.until('the connection is lost', (o) => !o.connected);
    await stage.server.start();
    await assertGoesOn(stage, upload);
  });

  it('that comes back is used at once, without waiting for the next attempt', async (t) => {
    const { stage, upload } = await underway(t, { retry: { delays: [600_000] } });
    stage.relay.refuse = true;
    stage.relay.cut();
    await upload.until('waiting for the next attempt', (o) => /trying again/.test(o.state_msg));
    stage.relay.refuse = false;
    await stage.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await assertGoesOn(stage, upload);
  });

  it('that stays away ends the upload when the attempts are used up', async (t) => {
    const { stage, upload } = await underway(t, { retry: { delays: [20], attempts: 2 } });
    stage.relay.refuse = true;
    stage.relay.cut();
    const outcome = await upload.outcome();
    assert.equal(outcome.kind, 'lost');
    assert.equal(outcome.code, 2);
    assert.deepEqual(await upload.calls(), ['onerror']);

    stage.relay.refuse = false;
    stage.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await upload.start();
    assert.equal((await stage.app.told(upload.ticket)).md5, upload.file.md5);
    await upload.until('finished after all', (o) => o.finished && o.error_code === null);
  });

  it('that is slow shows progress several times a second', async (t) => {
    const stage = await Stage.set(t, browser);
    stage.relay.bytesPerSecond = 4 * MIB;
    const upload = await stage.upload(stage.file('slow.bin', SIZE));
    await upload.start();
    await upload.underway();
    const sent = new Set();
    const end = Date.now() + 2000;
    while (Date.now() < end) sent.add((await upload.look()).bytes_tx);
    assert.ok(sent.size >= 6, `bytes_tx had ${sent.size} values in two seconds`);
    const { speed, eta } = await upload.look();
    assert.ok(speed > MIB && speed < 8 * MIB, `${speed} bytes per second`);
    assert.ok(eta > 0 && eta < 30, `${eta} seconds left`);
  });
});

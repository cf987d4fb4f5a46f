import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { Stage } from '../support/stage.js';
import { until } from '../support/wait.js';

const MIB = 1024 * 1024;
const REASON = 'changed my mind';

describe('Cancel', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function prepare(t, size = 24 * MIB) {
    const stage = await Stage.set(t, browser);
    stage.relay.bytesPerSecond = 12 * MIB;
    const options = { retry: { delays: [60_000] } };
    return { stage, upload: await stage.upload(stage.file('cancel.bin', size), options) };
  }

  async function assertCancelled(upload) {
    assert.deepEqual(await upload.outcome(), {
      ok: false,
      name: 'UploadError',
      kind: 'cancelled',
      code: 9,
      message: REASON,
      isError: true,
    });
    const o = await upload.look();
    assert.equal(o.cancelled, true);
    assert.equal(o.cancelling, false);
    assert.equal(o.finished, false);
    assert.equal(o.can_cancel, false);
    assert.equal(o.can_pause, false);
    assert.equal(o.cancel_msg, REASON);
    const calls = await upload.calls();
    assert.equal(calls.filter((name) => name === 'oncancelled').length, 1);
    assert.ok(!calls.includes('onfinished'));
  }

  async function assertToldAndTidy(stage, upload) {
    const told = await stage.app.told(upload.ticket);
    assert.equal(told.cancelled, 'yes');
    assert.equal(told.cancelReason, REASON);
    assert.equal(told.filename, '');
    await until('the bytes are gone', () => !existsSync(bytesOf(stage, upload)));
  }

  it('works before the start', async (t) => {
    const { stage, upload } = await prepare(t);
    assert.equal((await upload.look()).can_cancel, true);
    assert.equal(await upload.call('cancel', REASON), true, 'cancel() returns the uploader');
    await assertCancelled(upload);
    await assert.rejects(upload.start(), /TypeError: .*cancelled upload does not begin again/);
    assert.equal((await upload.look()).cancelled, true, 'a later start changes nothing');
    assert.equal(stage.relay.bytesSent, 0);
  });

  it('works while connecting', async (t) => {
    const { stage, upload } = await prepare(t);
    stage.relay.frozen = true;
    await upload.start();
    await until('a connection was begun', () => stage.relay.connections.length === 1);
    await upload.call('cancel', REASON);
    stage.relay.frozen = false;
    await assertCancelled(upload);
    assert.equal(stage.relay.bytesSent, 0);
  });

  it('works during the transfer', async (t) => {
    const { stage, upload } = await prepare(t);
    await upload.start();
    await upload.underway();
    assert.equal(existsSync(bytesOf(stage, upload)), true);
    await upload.call('cancel', REASON);
    assert.equal((await upload.look()).cancelling, true);
    await assertCancelled(upload);
    await assertToldAndTidy(stage, upload);
  });

  it('works during a pause', async (t) => {
    const { stage, upload } = await prepare(t);
    await upload.start();
    await upload.underway();
    await upload.call('pause', 'pause');
    const paused = await upload.until('paused', (o) => o.paused);
    assert.equal(paused.can_cancel, true);
    await upload.call('cancel', REASON);
    await assertCancelled(upload);
    await assertToldAndTidy(stage, upload);
  });

  it('works while waiting for the next attempt', async (t) => {
    const { stage, upload } = await prepare(t);
    await upload.start();
    await upload.underway();
    stage.relay.refuse = true;
    stage.relay.cut();
    const lost = await upload.until('the connection is lost', (o) => !o.connected);
    assert.equal(lost.can_cancel, true);
    stage.relay.refuse = false;
    await upload.call('cancel', REASON);
    await assertCancelled(upload);
    await assertToldAndTidy(stage, upload);
  });

  it('works without a server, and says that the server does not know', async (t) => {
    const { stage, upload } = await prepare(t);
    await upload.start();
    await upload.underway();
    stage.relay.refuse = true;
    stage.relay.cut();
    await upload.until('the connection is lost', (o) => !o.connected);
    await upload.call('cancel', REASON);
    await assertCancelled(upload);
    assert.equal((await upload.look()).error_kind, 'lost');
    assert.deepEqual(await upload.calls(), ['onerror', 'oncancelled']);
  });

  it('is too late during the handover, and changes nothing', async (t) => {
    const { stage, upload } = await prepare(t, MIB);
    stage.app.answer = 'wait';
    await upload.start();
    await stage.app.told(upload.ticket);
    const o = await upload.until('handing over', (o) => o.frac_complete === 1);
    assert.equal(o.can_cancel, false);
    await upload.call('cancel', REASON);
    await stage.app.finish(upload.ticket);
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal((await upload.look()).cancelled, false);
    assert.deepEqual(await upload.calls(), ['onfinished']);
  });

  it('is reported when the application cancels', async (t) => {
    const { stage, upload } = await prepare(t);
    await upload.start();
    await upload.underway();
    await stage.server.call('cancel_upload', { id: upload.ticket });
    const outcome = await upload.outcome();
    assert.equal(outcome.kind, 'rejected');
    assert.equal((await upload.look()).error_kind, 'rejected');
    assert.deepEqual(await upload.calls(), ['onerror']);
  });
});

function bytesOf(stage, upload) {
  return path.join(stage.folder, 'storage', upload.ticket, 'data');
}

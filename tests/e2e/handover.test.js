import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../support/browser.js';
import { Stage } from '../support/stage.js';
import { until } from '../support/wait.js';

const SIZE = 700_000;

describe('Handover', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function handOver(t, answer, parameters) {
    const stage = await Stage.set(t, browser);
    stage.app.answer = answer;
    stage.app.ticketParameters = parameters;
    const upload = await stage.upload(stage.file('handover.bin', SIZE));
    await upload.start();
    const told = await stage.app.told(upload.ticket);
    return { stage, upload, told };
  }

  it('is over when the application says done', async (t) => {
    const { upload, told } = await handOver(t, 'done');
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal(told.md5, upload.file.md5);
    await until('the file is removed', () => !existsSync(told.filename));
  });

  it('leaves the file where it is when the application asked for that', async (t) => {
    const parameters = { removeFileWhenFinished: 'false', backendSecret: 'hush' };
    const { upload, told } = await handOver(t, 'done', parameters);
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal(told.backendSecret, 'hush');
    await sleep(300);
    assert.equal(existsSync(told.filename), true);
  });

  it('waits for the application when that says wait', async (t) => {
    const { stage, upload } = await handOver(t, 'wait');
    await upload.until('all bytes are there', (o) => o.frac_complete === 1);
    await sleep(300);
    assert.equal((await upload.look()).finished, false);
    await stage.app.finish(upload.ticket);
    assert.deepEqual(await upload.outcome(), { ok: true });
  });

  it('that waits outlasts a connection that is lost', async (t) => {
    const { stage, upload } = await handOver(t, 'wait');
    await upload.until('all bytes are there', (o) => o.frac_complete === 1);
    stage.relay.cut();
    await upload.until('connected again', (o) => o.connected && stage.relay.connections.length > 1);
    await stage.app.finish(upload.ticket);
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal(stage.relay.bytesSent, SIZE);
  });

  it('that ended while the connection was lost is still reported', async (t) => {
    const { stage, upload } = await handOver(t, 'wait');
    await upload.until('all bytes are there', (o) => o.frac_complete === 1);
    stage.relay.refuse = true;
    stage.relay.cut();
    await upload.until('lost', (o) => !o.connected);
    await stage.app.finish(upload.ticket);
    stage.relay.refuse = false;
    assert.deepEqual(await upload.outcome(), { ok: true });
  });

  for (const [answer, what] of [
    ['error', 'fails'],
    ['no', 'answers with less than four bytes'],
    ['never heard of it', 'answers something else'],
  ]) {
    it(`is an error when the application ${what}`, async (t) => {
      const { upload } = await handOver(t, answer);
      const outcome = await upload.outcome();
      assert.equal(outcome.kind, 'rejected');
      assert.equal(outcome.code, 4);
      assert.match(outcome.message, /couldn't hand file over/);
      assert.equal((await upload.look()).error_kind, 'rejected');
      assert.deepEqual(await upload.calls(), ['onerror']);
    });
  }
});

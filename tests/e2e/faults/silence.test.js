import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIALECTS, OVER_HTTP } from '../../support/dialects.js';
import { Site } from '../../support/site.js';
import { Stage } from '../../support/stage.js';
import { together } from '../../support/suite.js';

const MIB = 1024 * 1024;
const EVERYTHING_SENT = 'everything is sent, waiting for the server';
const HINT = /a server or proxy that does not know this page's origin may refuse it/;

describe('Silence is explained:', () => {
  const shared = together();

  for (const protocol of OVER_HTTP) {
    it(`everything is sent over ${protocol}, and a proxy keeps it`, async (t) => {
      const site = await Site.open(t, shared.browser, { gateway: true });
      let release;
      const released = new Promise((resolve) => {
        release = resolve;
      });
      site.gateway.behave(({ method }) => (method === 'POST' ? released : undefined));
      const { options } = DIALECTS[protocol];
      const upload = await site.upload(site.file('kept.bin', MIB), { ...options, chunk_size: MIB });
      await upload.start();
      const o = await upload.until('it says so', (o) => o.state_msg === EVERYTHING_SENT);
      assert.deepEqual([o.state, o.bytes_acked, o.bytes_tx], ['uploading', 0, MIB]);
      assert.equal(o.last_error, null);
      release();
      assert.deepEqual(await upload.outcome(), { ok: true });
    });
  }

  it('everything is sent over incoming, and a proxy keeps the answer', async (t) => {
    const stage = await Stage.set(t, shared.browser);
    const upload = await stage.upload(stage.file('kept.bin', MIB));
    stage.relay.onUp = (_, { bytesSent }) => {
      if (bytesSent >= MIB) stage.relay.frozen = true;
    };
    await upload.start();
    const o = await upload.until('it says so', (o) => o.state_msg === EVERYTHING_SENT);
    assert.equal(o.state, 'uploading');
    stage.relay.onUp = () => {};
    stage.relay.frozen = false;
    assert.deepEqual(await upload.outcome(), { ok: true });
  });

  it('a server never opens a WebSocket, three times', async (t) => {
    const site = await Site.open(t, shared.browser, { gateway: true });
    const isOpening = ({ headers }) => headers.upgrade !== undefined;
    site.gateway.behave((request) => (isOpening(request) ? { status: 403 } : undefined));
    const retry = { delays: [1, 1, 1, 1, 30_000] };
    const upload = await site.upload(site.file('refused.bin', 1000), {
      protocol: 'galileo',
      retry,
    });
    await upload.start();
    await upload.until('a hint', (o) => HINT.test(o.state_msg));
    const said = (await upload.said()).filter(({ state }) => state === 'retrying');
    const hints = said.filter(({ last_error }) => HINT.test(last_error.message));
    assert.deepEqual(hints, said.slice(-hints.length), 'from some attempt on');
    assert.match(hints[0].last_error.message, /closed with code 1006/);
    // What an attempt says of its loss, and of the wait for the next.
    assert.equal(said.length - hints.length, 2 * 2, 'which is the third');

    site.gateway.behave();
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal((await upload.look()).last_error, null);
  });

  it('a WebSocket of galileo is lost in a pause', async (t) => {
    const site = await Site.open(t, shared.browser);
    site.relay.bytesPerSecond = 2 * MIB;
    const file = site.file('paused.bin', 4 * MIB);
    const upload = await site.upload(file, { protocol: 'galileo', chunk_size: 256 * 1024 });
    await upload.start();
    await upload.underway();
    await upload.call('pause', 'pause');
    const paused = await upload.until('paused', (o) => o.paused);
    assert.equal(paused.state_msg, 'paused');
    site.relay.cut();
    const message = 'paused; the connection is gone, so that it will start over';
    const { state } = await upload.until('it says so', (o) => o.state_msg === message);
    assert.equal(state, 'paused');
    site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await upload.call('pause', 'unpause');
    assert.deepEqual(await upload.outcome(), { ok: true });
    await site.assertArrived('galileo', file);
  });
});

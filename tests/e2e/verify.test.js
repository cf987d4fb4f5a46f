import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { atEnd } from '../support/cleanup.js';
import { DIALECTS } from '../support/dialects.js';
import { Site } from '../support/site.js';
import { Stage } from '../support/stage.js';

const MIB = 1024 * 1024;
const SIZE = 6 * MIB + 11;
const CHUNK = 512 * 1024;
const CHECKS = { file: Object.keys(DIALECTS), chunks: ['resumable', 'flow', 'fineuploader'] };
const QUICK = { chunk_size: CHUNK, retry: { delays: [20] } };

describe('A network that flips bits', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function assertVerified(upload, verify, relay) {
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    const state = await upload.look();
    assert.ok(relay.flipped > 0, 'nothing was damaged');
    assert.equal(state.verified, verify);
    assert.equal(state.chunks_damaged > 0, verify === 'chunks');
    if (verify === 'file') assert.equal(state.md5, upload.file.md5);
  }

  for (const [verify, protocols] of Object.entries(CHECKS)) {
    for (const protocol of protocols) {
      it(`is found out over ${protocol} by verifying ${verify}`, async (t) => {
        const { noted, options } = DIALECTS[protocol];
        const site = await Site.open(t, browser);
        site.relay.flips = verify === 'chunks' ? [2, 30] : [4];
        const upload = await site.upload(site.file('flipped.bin', SIZE), {
          ...options,
          ...QUICK,
          verify,
        });
        await assertVerified(upload, verify, site.relay);
        await site.assertArrived(noted, upload.file);
      });
    }

    it(`is found out over incoming by verifying ${verify}`, async (t) => {
      const stage = await Stage.set(t, browser);
      stage.relay.flips = verify === 'chunks' ? [2, 30] : [4];
      const upload = await stage.upload(stage.file('flipped.bin', SIZE), { ...QUICK, verify });
      await assertVerified(upload, verify, stage.relay);
      assert.equal((await stage.app.told(upload.ticket)).md5, upload.file.md5);
      const sent = stage.relay.bytesSent;
      const most = verify === 'chunks' ? SIZE + 2 * 9 * CHUNK : 2 * SIZE;
      assert.ok(sent <= most, `sent ${sent} bytes for ${SIZE}`);
    });
  }

  it('is found out by Mr. Robusto, who always compares', async (t) => {
    const { noted, options } = DIALECTS.robusto;
    const site = await Site.open(t, browser);
    site.relay.flips = [4];
    const upload = await site.upload(site.file('flipped.bin', SIZE), { ...options, ...QUICK });
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal(site.relay.flipped, 1);
    await site.assertArrived(noted, upload.file);
  });

  it('is not found out by who verifies nothing', async (t) => {
    const site = await Site.open(t, browser);
    site.relay.flips = [4];
    const upload = await site.upload(site.file('flipped.bin', SIZE), {
      ...DIALECTS.resumable.options,
      ...QUICK,
    });
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    assert.equal((await upload.look()).verified, null);
    const [arrived] = await site.arrived();
    assert.equal(arrived.size, SIZE);
    assert.notEqual(arrived.md5, upload.file.md5);
  });

  it('is not what a server that checks nothing is believed to have withstood', async (t) => {
    const foreign = createServer((request, response) => {
      request.resume().on('end', () => {
        response.setHeader('Access-Control-Allow-Origin', '*');
        response.setHeader('Access-Control-Allow-Headers', '*');
        response.end('ok');
      });
    });
    await once(foreign.listen(0, '127.0.0.1'), 'listening');
    atEnd(t, () => foreign.close());
    const endpoint = `http://127.0.0.1:${foreign.address().port}/`;
    const site = await Site.open(t, browser);
    for (const verify of ['chunks', 'file']) {
      const upload = await site.upload(site.file(`${verify}.bin`, 1000), {
        protocol: 'resumable',
        endpoint,
        verify,
      });
      await upload.start();
      const outcome = await upload.outcome();
      assert.equal(outcome.kind, 'unsupported', verify);
      assert.equal((await upload.look()).verified, null);
    }
  });
});

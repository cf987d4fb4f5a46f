import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OVER_HTTP } from '../../support/dialects.js';
import { json } from '../../support/gateway.js';
import { Site } from '../../support/site.js';
import { Stage } from '../../support/stage.js';
import { together } from '../../support/suite.js';

describe('An endpoint', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));
  let files = 0;

  async function send(options) {
    const { place } = shared;
    files += 1;
    const sent = await place.send(place.file(`${files}.bin`, 1000), options);
    assert.deepEqual(sent.outcome, { ok: true });
    return sent.upload;
  }

  for (const protocol of OVER_HTTP) {
    const path = protocol === 'flow' ? '/resumable' : `/${protocol}`;

    it(`of ${protocol} may have a query and a fragment`, async () => {
      const { place } = shared;
      place.gateway.behave();
      const endpoint = `${path}?tenant=a%20b&x=#top?y=1`;
      const upload = await send({ protocol, endpoint, params: { own: 1 } });
      await place.assertHas(upload.file);
      const requests = place.gateway.asked(path);
      assert.ok(requests.length > 0);
      for (const { query, fields } of requests) {
        assert.deepEqual([query.tenant, query.x, fields.own], ['a b', '', '1']);
        assert.equal(query.y, undefined);
      }
    });
  }

  it('with a query keeps the parameters of test requests', async () => {
    const { place } = shared;
    place.gateway.behave();
    await send({ protocol: 'resumable', endpoint: '/resumable?tenant=7#top', test_chunks: true });
    const [test, chunk] = place.gateway.asked('/resumable');
    assert.equal(test.method, 'GET');
    assert.deepEqual([test.query.tenant, test.query.resumableChunkNumber], ['7', '1']);
    assert.equal(chunk.query.tenant, '7');
  });

  for (const [which, addresses] of [
    ['endpoint', { endpoint: '/store/fineuploader?tenant=7#top' }],
    ['delete_endpoint', { delete_endpoint: '/store/fineuploader?tenant=7#top' }],
  ]) {
    it(`that is the ${which} has the uuid of a removal in its path`, async () => {
      const { place } = shared;
      place.gateway.behave(({ method }) =>
        method === 'GET' ? undefined : json({ success: true }),
      );
      const upload = await send({ protocol: 'fineuploader', params: { own: 1 }, ...addresses });
      await upload.call('remove');
      await upload.until('removed', (o) => o.removed);
      const [post, removal] = place.gateway.requests.filter(({ method }) => method !== 'GET');
      assert.equal(removal.method, 'DELETE');
      assert.equal(removal.path, `/store/fineuploader/${post.fields.qquuid}`);
      assert.deepEqual(removal.query, { tenant: '7', own: '1' });
    });
  }

  it('that removes a file really does, on our server', async () => {
    const { place } = shared;
    place.gateway.behave();
    const upload = await send({ protocol: 'fineuploader', endpoint: '/fineuploader?tenant=7#top' });
    await upload.call('remove');
    await upload.until('removed', (o) => o.removed);
    assert.ok(!(await place.arrived()).some(({ name }) => name === upload.file.name));
  });

  it('of a success has its query and no fragment', async () => {
    const { place } = shared;
    place.gateway.behave(({ method }) => (method === 'GET' ? undefined : json({ success: true })));
    await send({
      protocol: 'fineuploader',
      chunking: true,
      chunk_size: 600,
      success_endpoint: '/done?tenant=7#top',
    });
    const [done] = place.gateway.asked('/done');
    assert.deepEqual(done.query, { tenant: '7' });
  });

  it('of a WebSocket may have a query and a fragment', async (t) => {
    const stage = await Stage.set(t, shared.browser);
    const endpoint = `ws://${stage.relay.host}/incoming/0.1/frontend/upload_ws?tenant=7#top`;
    const upload = await stage.upload(stage.file('socket.bin', 1000), { endpoint });
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    const [{ query }] = stage.relay.requests('/incoming/0.1/frontend/upload_ws');
    assert.deepEqual(query, { tenant: '7' });
  });
});

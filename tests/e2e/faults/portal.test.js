import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { htmlPage } from '../../support/gateway.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

const CHUNK = 100_000;
const PORTAL = htmlPage('Welcome to our hotel');
const SOON = { delays: [1] };

describe('A portal that answers everything with 200', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));

  for (const [protocol, options] of [
    ['resumable', { simultaneous: 1 }],
    ['resumable', { simultaneous: 3, transport: 'fetch' }],
    ['flow', { simultaneous: 1 }],
    ['fineuploader', { chunking: true }],
    ['robusto', {}],
  ]) {
    const how = JSON.stringify(options);

    it(`stores nothing over ${protocol} once a server of ours has answered: ${how}`, async () => {
      const { place } = shared;
      const path = protocol === 'flow' ? '/resumable' : `/${protocol}`;
      let swallowed = 0;
      place.gateway.behave(({ method }) => {
        const isSwallowed = method === 'POST' && place.gateway.sent(path).length > 6;
        if (!isSwallowed || swallowed >= 5) return undefined;
        swallowed += 1;
        return PORTAL;
      });
      const file = place.file(`${protocol} ${Object.keys(options).length}.bin`, 10 * CHUNK);
      const { upload, outcome } = await place.send(file, {
        ...options,
        protocol,
        chunk_size: CHUNK,
        retry: SOON,
      });
      assert.deepEqual(outcome, { ok: true });
      await place.assertHas(file);
      assert.equal(swallowed, 5);
      const said = (await upload.said()).filter(({ state }) => state === 'retrying');
      assert.ok(said.length > 0);
      for (const { state_msg, last_error } of said) {
        assert.equal(last_error.kind, 'unavailable');
        assert.match(state_msg, /this is not the server that has the upload/);
        assert.ok(!state_msg.includes('<'), 'no page is shown');
      }
    });
  }

  it('is nothing that the own server of a page is taken for, which is told of the end', async () => {
    const { place } = shared;
    place.gateway.behave(({ path }) => (path.startsWith('/own/') ? { status: 200 } : undefined));
    const { upload, outcome } = await place.send(place.file('told.bin', 3 * CHUNK), {
      protocol: 'fineuploader',
      chunk_size: CHUNK,
      success_endpoint: '/own/done',
      delete_endpoint: '/own/removal',
      retry: SOON,
    });
    assert.deepEqual(outcome, { ok: true });
    assert.equal(place.gateway.asked('/own/done').length, 1);
    await upload.call('remove');
    await upload.until('removed', (o) => o.removed);
    assert.equal(place.gateway.asked('/own/removal').length, 1);
  });

  /** The page's own proof, on a server that shows no mark. */
  const foreign = (request) => {
    if (request.method !== 'POST' || request.path !== '/foreign') return undefined;
    return request.number % 2 === 0 ? PORTAL : { status: 200, body: 'stored' };
  };

  for (const protocol of ['resumable', 'flow']) {
    for (const transport of ['xhr', 'fetch']) {
      it(`stores nothing over ${protocol} if the page knows better, by ${transport}`, async () => {
        const { place } = shared;
        place.gateway.behave(foreign);
        const make = (options) => {
          window.seen = [];
          const is_stored = (response) => {
            window.seen.push(response);
            return response.text === 'stored';
          };
          return makeUpload(null, 0, { ...options, is_stored });
        };
        const options = { protocol, transport, endpoint: '/foreign', chunk_size: CHUNK };
        const file = place.file('foreign.bin', 4 * CHUNK - 1);
        const upload = await place.uploadMadeBy(file, make, {
          ...options,
          simultaneous: 1,
          retry: SOON,
        });
        await upload.start();
        assert.deepEqual(await upload.outcome(), { ok: true });
        const sent = place.gateway.sent('/foreign').map(({ fields }) => {
          return fields.resumableChunkNumber ?? fields.flowChunkNumber;
        });
        assert.ok(sent.length > new Set(sent).size, 'chunks were sent again');
        assert.equal(new Set(sent).size, 3);
        const [first] = await place.page.evaluate(() => window.seen);
        assert.deepEqual(Object.keys(first).sort(), ['status', 'text', 'url']);
        assert.equal(first.status, 200);
        assert.ok(first.url.startsWith(`${place.url}/foreign`));
        const lost = (await upload.said()).find(({ last_error }) => last_error !== null);
        assert.match(lost.last_error.message, /is_stored says that it is not stored/);
      });
    }
  }

  for (const protocol of ['fineuploader', 'robusto']) {
    it(`is for the page to find out over ${protocol} as well, even if it takes its time`, async () => {
      const { place } = shared;
      place.gateway.behave();
      const make = (options) => {
        window.calls = 0;
        const is_stored = async () => {
          window.calls += 1;
          return window.calls !== 1;
        };
        return makeUpload(null, 0, { ...options, is_stored });
      };
      const file = place.file(`own ${protocol}.bin`, CHUNK);
      const upload = await place.uploadMadeBy(file, make, { protocol, retry: SOON });
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
      await place.assertHas(file);
      const lost = (await upload.said()).find(({ last_error }) => last_error !== null);
      assert.match(lost.last_error.message, /is_stored says that it is not stored/);
    });
  }

  it('ends an upload when is_stored refuses for good, and is asked again when it fails', async () => {
    const { place } = shared;
    place.gateway.behave(({ path }) => (path === '/foreign' ? { status: 200 } : undefined));
    await place.choose(place.file('thrown.bin', 1000));
    const [refused, failed] = await place.page.evaluate(async () => {
      const options = { protocol: 'resumable', endpoint: '/foreign', retry: { delays: [1] } };
      const refuse = () => {
        throw incoming.UploadError.rejected('this portal again');
      };
      let calls = 0;
      const fail = () => {
        calls += 1;
        if (calls < 3) throw new Error('not sure');
        return true;
      };
      const run = (is_stored) =>
        incoming
          .Uploader(null, files()[0], { ...options, is_stored })
          .start()
          .done.then(
            () => calls,
            ({ kind, message }) => ({ kind, message }),
          );
      return [await run(refuse), await run(fail)];
    });
    assert.deepEqual(refused, { kind: 'rejected', message: 'this portal again' });
    assert.equal(failed, 3);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { htmlPage, json, redirect } from '../../support/gateway.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

const LOGIN = '/login';

/** Sends requests of a method for a path to the login page. */
function signedOut(method, path, status) {
  return (request) => {
    if (request.path === LOGIN) return htmlPage('Log in');
    const isMeant = request.method === method && request.path.startsWith(path);
    return isMeant ? redirect(`${LOGIN}?next=${path}`, status) : undefined;
  };
}

describe('A request that is redirected', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));

  function file(name) {
    return shared.place.file(`${name}.bin`, 1000);
  }

  /** That the page is told from where to where, and that nothing counts as stored. */
  function assertNamesBoth({ kind, message }, from) {
    assert.equal(kind, 'rejected');
    const { url } = shared.place;
    const [asked, answered] = message.replace(/^.*?http/, 'http').split(/ was redirected to |; /);
    assert.ok(asked.startsWith(url + from), message);
    assert.equal(answered, url + LOGIN);
  }

  for (const protocol of ['resumable', 'flow']) {
    for (const transport of ['xhr', 'fetch']) {
      for (const status of [301, 302, 303, 307]) {
        it(`to a login page (${status}) stores nothing over ${protocol} by ${transport}`, async () => {
          const { place } = shared;
          place.gateway.behave(signedOut('POST', '/resumable', status));
          const options = { protocol, transport };
          const { upload, outcome } = await place.send(file('redirected'), options);
          assertNamesBoth(outcome, '/resumable');
          assert.equal((await upload.look()).bytes_acked, 0);
          assert.equal(place.gateway.asked('/resumable').length, 1, 'tried once');
          await place.assertArrived('resumable');
        });
      }

      it(`counts over ${protocol} by ${transport} if the page follows redirects`, async () => {
        const { place } = shared;
        place.gateway.behave(({ path }) => {
          if (path === '/elsewhere') return { status: 200 };
          return path === '/resumable' ? redirect('/elsewhere', 307) : undefined;
        });
        const options = { protocol, transport, redirects: 'follow' };
        const { outcome } = await place.send(file('followed'), options);
        assert.deepEqual(outcome, { ok: true });
      });
    }

    it(`asks in vain over ${protocol} whether a chunk is there`, async () => {
      const { place } = shared;
      place.gateway.behave(signedOut('GET', '/resumable', 302));
      const { outcome } = await place.send(file('asked'), { protocol, test_chunks: true });
      assertNamesBoth(outcome, '/resumable');
      assert.equal(place.gateway.sent('/resumable').length, 0);
    });
  }

  for (const protocol of ['resumable', 'flow']) {
    for (const transport of ['xhr', 'fetch']) {
      for (const hops of [['/resumable'], [LOGIN, '/resumable']]) {
        it(`and back (${hops}) stores nothing over ${protocol} by ${transport}`, async () => {
          const { place } = shared;
          const next = ['/resumable', ...hops];
          place.gateway.behave(({ method, path, query }) => {
            const target = next[next.indexOf(path) + 1];
            const isOver = method === 'GET' && (path !== LOGIN || hops.length === 1);
            if (isOver) return htmlPage('Welcome');
            return redirect(`${target}?${new URLSearchParams(query)}`, 302);
          });
          const { upload, outcome } = await place.send(file('bounced'), { protocol, transport });
          assert.equal(outcome.kind, 'rejected');
          assert.match(outcome.message, / was redirected to /);
          assert.equal((await upload.look()).bytes_acked, 0);
        });
      }
    }
  }

  it('counts if a server of ours answers in the end', async (t) => {
    const site = await Site.open(t, shared.browser, { gateway: true });
    site.gateway.behave(({ path, query }) =>
      path === '/old' ? redirect(`/resumable?${new URLSearchParams(query)}`, 307) : undefined,
    );
    const options = { protocol: 'resumable', endpoint: '/old' };
    const { upload, outcome } = await site.send(site.file('moved.bin', 1000), options);
    assert.deepEqual(outcome, { ok: true });
    await site.assertArrived('resumable', upload.file);
  });

  it('stores nothing over fineuploader where a status is all that counts', async () => {
    const { place } = shared;
    place.gateway.behave(signedOut('POST', '/fineuploader', 302));
    const options = { protocol: 'fineuploader', require_success_json: false };
    const { outcome } = await place.send(file('bare'), options);
    assertNamesBoth(outcome, '/fineuploader');
  });

  it('does not say that all chunks of Fine Uploader are put together', async () => {
    const { place } = shared;
    const elsewhere = signedOut('POST', '/done', 302);
    place.gateway.behave((request) =>
      request.path === '/fineuploader' ? json({ success: true }) : elsewhere(request),
    );
    const options = {
      protocol: 'fineuploader',
      chunking: true,
      chunk_size: 400,
      success_endpoint: '/done',
    };
    const { upload, outcome } = await place.send(file('together'), options);
    assertNamesBoth(outcome, '/done');
    assert.equal((await upload.look()).finished, false);
  });

  for (const delete_method of ['DELETE', 'POST']) {
    it(`does not remove a file by ${delete_method}`, async () => {
      const { place } = shared;
      const elsewhere = signedOut(delete_method, '/removal', 303);
      place.gateway.behave((request) =>
        request.path === '/fineuploader' ? json({ success: true }) : elsewhere(request),
      );
      const options = { protocol: 'fineuploader', delete_method, delete_endpoint: '/removal' };
      const { upload, outcome } = await place.send(file('removed'), options);
      assert.deepEqual(outcome, { ok: true });
      await upload.call('remove');
      const o = await upload.until('it is refused', (o) => o.error_kind !== null);
      assertNamesBoth({ kind: o.error_kind, message: o.error_msg }, '/removal');
      assert.equal(o.removed, false);
      assert.equal(o.can_remove, true, 'it may be tried again');
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json } from '../../support/gateway.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

describe('An address of a server', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));

  /** What a function in the page throws. */
  function thrownBy(source) {
    return shared.place.page.evaluate((source) => {
      try {
        new Function(source)();
        return null;
      } catch ({ name, message }) {
        return { name, message };
      } finally {
        incoming.set_server_hostname(null);
      }
    }, source);
  }

  const withUser = (text) => shared.place.url.replace('http://', `http://${text}@`);

  for (const transport of ['xhr', 'fetch']) {
    for (const [credentials, expected] of [
      ['tim:secret', 'tim:secret'],
      ['t%40m:s%3Ae%2Fü', 't@m:s:e/ü'],
      ['tim', 'tim:'],
      ['tim:100%', 'tim:100%'],
    ]) {
      it(`with ${credentials} leads to a header, by ${transport}`, async () => {
        const { place } = shared;
        place.gateway.behave(() => undefined);
        const file = place.file(`${transport} ${credentials.length}.bin`, 1000);
        const endpoint = `${withUser(credentials)}/resumable`;
        const options = { protocol: 'resumable', endpoint, transport, test_chunks: true };
        const { outcome } = await place.send(file, options);
        assert.deepEqual(outcome, { ok: true });
        await place.assertHas(file);
        const requests = place.gateway.asked('/resumable');
        assert.equal(requests.length, 2);
        for (const { headers } of requests) {
          const [scheme, token] = headers.authorization.split(' ');
          assert.equal(scheme, 'Basic');
          assert.equal(Buffer.from(token, 'base64').toString('latin1'), expected);
        }
      });
    }
  }

  it('with credentials does not outdo a header of the page', async () => {
    const { place } = shared;
    place.gateway.behave(() => undefined);
    const endpoint = `${withUser('tim:secret')}/resumable`;
    const headers = { authorization: 'Bearer 7' };
    const file = place.file('bearer.bin', 1000);
    const { outcome } = await place.send(file, { protocol: 'resumable', endpoint, headers });
    assert.deepEqual(outcome, { ok: true });
    const [request] = place.gateway.asked('/resumable');
    assert.equal(request.headers.authorization, 'Bearer 7');
  });

  it('of a success leads to a header of that request, and of no other one', async () => {
    const { place } = shared;
    place.gateway.behave(({ method }) => (method === 'GET' ? undefined : json({ success: true })));
    const { upload, outcome } = await place.send(place.file('success.bin', 1000), {
      protocol: 'fineuploader',
      chunking: true,
      chunk_size: 600,
      success_endpoint: `${withUser('tim:secret')}/done`,
      delete_endpoint: `${withUser('tom:other')}/removal`,
    });
    assert.deepEqual(outcome, { ok: true });
    await upload.call('remove');
    await upload.until('removed', (o) => o.removed);
    const tokens = place.gateway.requests
      .filter(({ method }) => method !== 'GET')
      .map(({ headers }) => headers.authorization && atob(headers.authorization.slice(6)));
    assert.deepEqual(tokens, [undefined, undefined, 'tim:secret', 'tom:other']);
  });

  it('with credentials shows them to no other server', async () => {
    const { place } = shared;
    const headers = Object.fromEntries(
      ['origin', 'methods', 'headers'].map((what) => [`access-control-allow-${what}`, '*']),
    );
    place.gateway.behave(({ method, path }) =>
      method === 'GET' || path === '/fineuploader' ? undefined : { status: 200, headers },
    );
    const { upload, outcome } = await place.send(place.file('secret.bin', 1000), {
      protocol: 'fineuploader',
      endpoint: `${withUser('tim:secret')}/fineuploader`,
      delete_endpoint: `${place.url.replace('127.0.0.1', 'localhost')}/removal`,
    });
    assert.deepEqual(outcome, { ok: true });
    await upload.call('remove');
    await upload.until('removed', (o) => o.removed);
    const [asked, removal] = place.gateway.asked('/removal');
    assert.doesNotMatch(asked.headers['access-control-request-headers'] ?? '', /authorization/);
    assert.equal(removal.headers.authorization, undefined);
  });

  for (const [name, url] of [
    ['success_endpoint', 'http://'],
    ['success_endpoint', 'ftp://test/x'],
    ['delete_endpoint', 'http://exam ple/x'],
    ['delete_endpoint', 'http://Łódź@test/x'],
  ]) {
    it(`is refused at once as ${name}: ${url}`, async () => {
      await shared.place.choose(shared.place.file('refused.bin', 1));
      const options = JSON.stringify({ protocol: 'fineuploader', [name]: url });
      const thrown = await thrownBy(`incoming.Uploader(null, files()[0], ${options})`);
      assert.equal(thrown?.name, 'TypeError');
      assert.match(thrown.message, new RegExp(`begins with http: or https: as ${name}`));
    });
  }

  for (const [what, endpoint, protocol] of [
    ['over a WebSocket', 'ws://tim:secret@test/x', 'incoming'],
    ['over the WebSocket of galileo', 'https://tim@test/x', 'galileo'],
  ]) {
    it(`with credentials is refused at once ${what}`, async () => {
      const { page } = shared.place;
      await shared.place.choose(shared.place.file('ws.bin', 1));
      const source = `incoming.Uploader('id', files()[0], ${JSON.stringify({ endpoint, protocol })})`;
      const thrown = await thrownBy(source);
      assert.equal(thrown?.name, 'TypeError');
      assert.match(thrown.message, /without user and password/);
      assert.deepEqual(page.problems, []);
    });
  }

  for (const host of [
    'example.org',
    'example.org:4000',
    'EXAMPLE.org',
    'münchen.example',
    '127.0.0.1:1',
    '[::1]:4000',
    '[2001:db8::1]',
  ]) {
    it(`may have the host ${host}`, async () => {
      assert.equal(await thrownBy(`incoming.set_server_hostname('${host}')`), null);
    });
  }

  for (const host of [
    'exam ple.org',
    ' example.org',
    'example.org ',
    'example.org/upload',
    'example.org/',
    'http://example.org',
    'example.org?a=1',
    'example.org#top',
    'tim@example.org',
    'tim:secret@example.org',
    '::1',
    '::1:4000',
    'example.org:port',
    'example.org:99999',
    'example.org\\\\upload',
    'example.org%2fupload',
  ]) {
    it(`has no host ${host}`, async () => {
      const thrown = await thrownBy(`incoming.set_server_hostname('${host}')`);
      assert.equal(thrown?.name, 'TypeError', `${host} is taken`);
      assert.match(thrown.message, /set_server_hostname: expected a host such as 'example\.org'/);
    });
  }
});

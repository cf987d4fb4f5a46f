import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { htmlPage } from '../../support/gateway.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';
import { until } from '../../support/wait.js';

const CHUNK = 100_000;
/** An answer after which nothing is tried again before a person wants it. */
const LATER = { status: 503, headers: { 'retry-after': '600' } };

describe('The last error', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));
  let files = 0;

  async function prepare(options, ...answers) {
    const { place } = shared;
    const left = [...answers];
    place.gateway.behave(({ method }) => (method === 'POST' ? left.shift() : undefined));
    files += 1;
    return place.upload(place.file(`${files}.bin`, 3 * CHUNK), {
      protocol: 'resumable',
      chunk_size: CHUNK,
      simultaneous: 1,
      ...options,
    });
  }

  /** What it and the state said, as long as there was an error. */
  async function told(upload) {
    const said = (await upload.said()).filter(({ last_error }) => last_error !== null);
    return said.map(({ state, state_msg, last_error }) => [state, state_msg, last_error]);
  }

  for (const [answer, words] of [
    [{ status: 503 }, '503: the server is busy or down'],
    [{ status: 503, body: 'back at noon' }, '503: back at noon'],
    [htmlPage('Bad Gateway', 502), '502: a proxy got no answer of the server'],
    [{ status: 429 }, '429: too many requests'],
  ]) {
    it(`is what is tried again: ${words}`, async () => {
      const upload = await prepare({ retry: { delays: [1] } }, undefined, answer);
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
      const message = `the server cannot take it for now: ${words}`;
      const error = { kind: 'unavailable', message };
      assert.deepEqual(await told(upload), [
        ['retrying', words, error],
        ['retrying', `${words}, trying again within 1 s`, error],
        ['uploading', 'sending the file', error],
      ]);
      const { last_error, error_kind, error_msg } = await upload.look();
      assert.deepEqual([last_error, error_kind, error_msg], [null, null, null]);
    });
  }

  it('is that of a refusal that the page wants to be tried again', async () => {
    const retry = { delays: [1], refusals: true };
    const upload = await prepare({ retry, permanent_errors: [] }, { status: 403 });
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    const messages = (await told(upload)).map(([, state_msg]) => state_msg);
    assert.ok(messages.includes('403 forbidden, trying again within 1 s'), `${messages}`);
  });

  it('is an UploadError, the same as long as nothing changes', async () => {
    const upload = await prepare({}, LATER);
    await upload.start();
    await upload.until('it waits', (o) => /trying again/.test(o.state_msg));
    const found = await upload.page.evaluate((number) => {
      const { o } = uploads[number];
      const { last_error } = o;
      const { name, kind, code } = last_error;
      const isSame = last_error === o.last_error && last_error === o.snapshot().last_error;
      return { name, kind, code, isSame, isOurs: last_error instanceof incoming.UploadError };
    }, upload.number);
    const expected = { name: 'UploadError', kind: 'unavailable', code: 10 };
    assert.deepEqual(found, { ...expected, isSame: true, isOurs: true });
    await upload.call('cancel');
  });

  it('stays until something is confirmed, and not longer', async () => {
    const answers = [undefined, { status: 503 }, { status: 503 }, undefined, { status: 503 }];
    const upload = await prepare({ retry: { delays: [1] } }, ...answers);
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    const said = (await upload.said()).map(({ last_error }) => last_error !== null);
    const turns = said.filter((has, i) => has !== said[i - 1]);
    assert.deepEqual(turns, [false, true, false, true, false]);
  });

  it('goes when a person tries again, and when the upload ends', async () => {
    const upload = await prepare({ retry: { attempts: 1 } }, LATER, LATER);
    await upload.start();
    await upload.until('it waits', (o) => /trying again/.test(o.state_msg));
    const now = await upload.page.evaluate((number) => {
      const { o } = uploads[number];
      o.start();
      return o.last_error;
    }, upload.number);
    assert.equal(now, null);
    const { kind, message } = await upload.outcome();
    assert.equal(kind, 'unavailable');
    const { last_error, error_msg } = await upload.look();
    assert.deepEqual([last_error, error_msg], [null, message]);
  });

  it('has the words of a lost connection', async () => {
    const upload = await prepare({ retry: { delays: [60_000] } });
    const { gateway } = shared.place;
    gateway.behave(({ method }) => (method === 'POST' ? null : undefined));
    await upload.start();
    // Browsers send again by themselves what was lost on a connection that they had used before.
    await until('it is lost', async () => {
      gateway.cut();
      return (await upload.look()).state === 'retrying';
    });
    gateway.behave();
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    const [[, state_msg, { kind }]] = await told(upload);
    assert.equal(kind, 'lost');
    assert.match(state_msg, /^lost the connection: /);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OVER_HTTP } from '../../support/dialects.js';
import { htmlPage, json } from '../../support/gateway.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

const MIB = 1024 * 1024;
const SOON = { delays: [1] };

describe('A server that refuses', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));
  let files = 0;

  /** Answers the first requests that carry bytes with these, and passes all others on. */
  function answering(...answers) {
    const left = [...answers];
    shared.place.gateway.behave(({ method }) => (method === 'POST' ? left.shift() : undefined));
  }

  function file(size = 1000) {
    files += 1;
    return shared.place.file(`${files}.bin`, size);
  }

  async function assertFinal(options, words) {
    const { upload, outcome } = await shared.place.send(file(), { retry: SOON, ...options });
    assert.deepEqual([outcome.kind, outcome.code], ['rejected', 4], outcome.message);
    assert.match(outcome.message, words);
    assert.equal(shared.place.gateway.requests.filter(({ method }) => method === 'POST').length, 1);
    const { state, state_msg, error_msg } = await upload.look();
    assert.deepEqual([state, error_msg], ['failed', outcome.message]);
    assert.match(state_msg, words);
  }

  async function assertRetried(options, words) {
    const { place } = shared;
    const { upload, outcome } = await place.send(file(), { retry: SOON, ...options });
    assert.deepEqual(outcome, { ok: true });
    const waits = (await upload.said()).filter(({ state }) => state === 'retrying');
    assert.match(waits.at(-1)?.state_msg, words);
    await place.assertHas(upload.file);
  }

  for (const words of ['File is empty.', 'File is too large.', 'invalid extension']) {
    it(`over fineuploader with 200 is heard: ${words}`, async () => {
      for (const answer of [{ error: words }, { success: false, error: words }]) {
        answering(json(answer));
        await assertFinal({ protocol: 'fineuploader' }, new RegExp(`refused: ${words}$`));
      }
    });
  }

  it('over fineuploader and demands a new beginning is tried again', async () => {
    answering(json({ error: 'chunks are gone', reset: true }));
    await assertRetried({ protocol: 'fineuploader' }, /^chunks are gone, starting over/);
  });

  it('over fineuploader with 409 is tried again', async () => {
    answering({ status: 409, body: 'another request' });
    await assertRetried({ protocol: 'fineuploader' }, /another request, starting over/);
  });

  it('shows no page: 413 of a proxy over resumable', async () => {
    answering(htmlPage('413 Request Entity Too Large', 413));
    const words = /413: too large for the server or a proxy in front of it$/;
    await assertFinal({ protocol: 'resumable' }, words);
  });

  it('is told in its own words: 400 over flow', async () => {
    answering(json({ error: 'no pictures, please' }, 400));
    await assertFinal({ protocol: 'flow' }, /400: no pictures, please$/);
  });

  for (const protocol of OVER_HTTP) {
    it(`over ${protocol} is not asked again`, async () => {
      for (const status of [400, 401, 403, 404, 405, 410, 413, 415, 422, 431, 451]) {
        answering({ status, body: 'not here' });
        await assertFinal({ protocol }, new RegExp(`${status}: not here`));
      }
    });

    it(`over ${protocol} only for now is asked again`, async () => {
      // And 408, which Chromium does not show: it sends the request again by itself.
      const how = protocol === 'fineuploader' ? 'starting over' : 'trying again';
      for (const status of [425, 429, 502, 503, 504]) {
        answering({ status, body: 'not now' });
        await assertRetried({ protocol }, new RegExp(`^${status}: not now, ${how} within 1 s`));
      }
    });

    it(`over ${protocol} is asked again if the page wants it`, async () => {
      for (const status of [403, 422]) {
        if (protocol === 'resumable' && status === 403) continue;
        answering({ status, body: 'not here' });
        await assertRetried({ protocol, retry: { ...SOON, refusals: true } }, /not here/);
      }
    });
  }

  it('over resumable by a permanent error is final, whatever the page wants of others', async () => {
    answering({ status: 415, body: 'no pictures' });
    const retry = { ...SOON, refusals: true };
    await assertFinal({ protocol: 'resumable', retry }, /no pictures/);
  });

  it('over fineuploader for good is final, whatever the page wants of others', async () => {
    answering(json({ error: 'no pictures', preventRetry: true }, 422));
    const retry = { ...SOON, refusals: true };
    await assertFinal({ protocol: 'fineuploader', retry }, /no pictures/);
  });

  describe('a request of 17 MiB with 502', () => {
    const BAD_GATEWAY = htmlPage('502 Bad Gateway', 502);
    const large = { protocol: 'resumable', chunk_size: 64 * MIB };

    it('is heard after five times', async () => {
      const { place } = shared;
      answering(...Array(9).fill(BAD_GATEWAY));
      const { outcome } = await place.send(file(17 * MIB), { ...large, retry: SOON });
      assert.equal(outcome.kind, 'rejected');
      assert.match(outcome.message, /status 502 five times in a row for a request of 17 MiB/);
      assert.equal(place.gateway.sent('/resumable').length, 5);
    });

    it('is asked as often as the page says', async () => {
      const { place } = shared;
      answering(...Array(5).fill(BAD_GATEWAY), { status: 200 });
      const retry = { ...SOON, attempts: 5 };
      const { outcome } = await place.send(file(17 * MIB), { ...large, retry });
      assert.deepEqual(outcome, { ok: true });
    });
  });

  it('over resumable with 502 and small requests is asked without end', async () => {
    const { place } = shared;
    answering(...Array(20).fill({ status: 502 }));
    const options = { protocol: 'resumable', retry: SOON };
    const { upload, outcome } = await place.send(file(), options);
    assert.deepEqual(outcome, { ok: true });
    await place.assertHas(upload.file);
  });
});

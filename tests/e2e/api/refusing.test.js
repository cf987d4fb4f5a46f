import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json } from '../../support/gateway.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

/** Makes options, or the upload id, of a function of the page. */
const PLACES = ['upload id', 'headers', 'params', 'is_stored'];

describe('A function of the page', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));
  let files = 0;

  /**
   * Uploads with a function that does `body` each time it is called, at `place`; returns how it ended,
   * how often it was called, and what the last error was meanwhile.
   */
  async function run(place, body, { options = {}, answer } = {}) {
    const site = shared.place;
    site.gateway.behave(answer);
    files += 1;
    await site.choose(site.file(`${files}.bin`, 1000));
    return site.page.evaluate(
      async ([place, body, options]) => {
        let calls = 0;
        const act = new Function('call', `return (${body})(call)`);
        const asked = async () => {
          calls += 1;
          return act(calls);
        };
        const stored = () => {
          calls += 1;
          act(calls);
          return true;
        };
        const own = place === 'is_stored' ? { is_stored: stored } : { [place]: asked };
        const id = place === 'upload id' ? async () => asked() : null;
        const o = incoming.Uploader(id, files()[0], {
          protocol: 'resumable',
          retry: { delays: [1] },
          ...(id ? {} : own),
          ...options,
        });
        const lasts = [];
        o.subscribe(() => o.last_error && lasts.push(o.last_error.message));
        const ended = await o.start().done.catch((error) => error);
        const { kind, code, message } = ended;
        const outcome = ended === o ? { ok: true } : { kind, code, message };
        return { outcome, calls, lasts: [...new Set(lasts)] };
      },
      [place, String(body), options],
    );
  }

  for (const place of PLACES) {
    it(`for ${place} refuses for good, in its own words`, async () => {
      const { outcome, calls, lasts } = await run(place, () => {
        throw incoming.UploadError.rejected('quota exceeded');
      });
      assert.deepEqual(outcome, { kind: 'rejected', code: 4, message: 'quota exceeded' });
      assert.equal(calls, 1);
      assert.deepEqual(lasts, [], 'nothing is tried again');
    });

    it(`for ${place} that fails is asked again, and its words are shown`, async () => {
      const { outcome, calls, lasts } = await run(place, (call) => {
        if (call < 3) throw new Error('no network for now');
        return undefined;
      });
      assert.deepEqual(outcome, { ok: true });
      assert.ok(calls >= 3);
      assert.equal(lasts.length, 1);
      assert.match(
        lasts[0],
        new RegExp(`the function for( the)? ${place} failed: no network for now`),
      );
    });

    it(`for ${place} may throw anything`, async () => {
      const { outcome, lasts } = await run(place, (call) => {
        const thrown = ['a text', null, undefined, 5, { message: 'an object' }, new Error('')];
        if (call <= thrown.length) throw thrown[call - 1];
        return undefined;
      });
      assert.deepEqual(outcome, { ok: true });
      assert.ok(
        lasts.some((words) => words.endsWith(': a text')),
        `${lasts}`,
      );
      assert.ok(
        lasts.some((words) => words.endsWith(': an object')),
        `${lasts}`,
      );
      assert.ok(!lasts.some((words) => words.endsWith(': ')), `${lasts}`);
    });
  }

  for (const place of ['upload id', 'headers', 'params']) {
    for (const status of [400, 401, 403, 404, 422]) {
      it(`for ${place} passes on that its own server has refused (${status})`, async () => {
        const answer = ({ path }) =>
          path === '/token' ? { status, body: 'not for you' } : undefined;
        const refuse = async () => {
          const response = await fetch('/token');
          if (!response.ok) throw await incoming.UploadError.of(response);
        };
        const { outcome, calls } = await run(place, refuse, { answer });
        const message = `${status}: not for you`;
        assert.deepEqual(outcome, { kind: 'rejected', code: 4, message });
        assert.equal(calls, 1);
      });
    }

    for (const status of [425, 429, 500, 503]) {
      it(`for ${place} is asked again when its own server cannot for now (${status})`, async () => {
        let asked = 0;
        const answer = ({ path }) => {
          if (path !== '/token') return undefined;
          asked += 1;
          return asked > 2 ? json({}) : { status, body: 'not now' };
        };
        const refuse = async () => {
          const response = await fetch('/token');
          if (!response.ok) throw await incoming.UploadError.of(response);
        };
        const { outcome, lasts } = await run(place, refuse, { answer });
        assert.deepEqual(outcome, { ok: true });
        assert.equal(lasts.length, 1);
        assert.ok(lasts[0].endsWith(`${status}: not now`), lasts[0]);
      });
    }
  }

  it('ends the upload when attempts are used up', async () => {
    const fail = () => {
      throw new Error('no token');
    };
    const options = { retry: { delays: [1], attempts: 2 } };
    const { outcome, calls } = await run('headers', fail, { options });
    assert.equal(outcome.kind, 'unavailable');
    assert.match(outcome.message, /no token/);
    assert.equal(calls, 3);
  });

  it('that hangs does not keep an upload from being cancelled', async () => {
    const site = shared.place;
    await site.choose(site.file('hangs.bin', 1000));
    const kind = await site.page.evaluate(async () => {
      const headers = () => new Promise(() => {});
      const o = incoming.Uploader(null, files()[0], { protocol: 'resumable', headers }).start();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return o.cancel('enough').done.catch((error) => error.kind);
    });
    assert.equal(kind, 'cancelled');
  });
});

describe('UploadError.of', () => {
  const shared = together((t, browser) => Site.open(t, browser));

  for (const [status, body, kind, message] of [
    [403, 'quota exceeded', 'rejected', '403: quota exceeded'],
    [401, '', 'rejected', 'status 401'],
    [404, '<!doctype html><h1>Not found</h1>', 'rejected', 'status 404'],
    [409, ' \n ', 'rejected', 'status 409'],
    [408, 'slow', 'unavailable', '408: slow'],
    [425, '', 'unavailable', 'status 425'],
    [429, 'too many', 'unavailable', '429: too many'],
    [500, 'broken', 'unavailable', '500: broken'],
    [503, '<html>', 'unavailable', 'status 503'],
    [200, 'fine', 'unavailable', '200: fine'],
  ]) {
    it(`a response with ${status} and ${JSON.stringify(body)} is ${kind}`, async () => {
      const error = await shared.place.page.evaluate(
        async ([status, body]) => {
          const error = await incoming.UploadError.of(new Response(body, { status }));
          const isError = error instanceof incoming.UploadError && error instanceof Error;
          return { kind: error.kind, message: error.message, isError };
        },
        [status, body],
      );
      assert.deepEqual(error, { kind, message, isError: true });
    });
  }

  it('has no more than a person reads', async () => {
    const { length } = await shared.place.page.evaluate(async () => {
      const response = new Response('x'.repeat(5000), { status: 400 });
      return (await incoming.UploadError.of(response)).message;
    });
    assert.equal(length, '400: '.length + 200);
  });
});

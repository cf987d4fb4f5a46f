import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

describe('An uploader is an EventTarget', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));
  let files = 0;

  /** Runs a function in the page, which gets what makes an uploader. */
  async function run(body, answer) {
    const { place } = shared;
    place.gateway.behave(answer);
    files += 1;
    await place.choose(place.file(`${files}.bin`, 1000));
    return place.page.evaluate((body) => {
      const make = (options) =>
        incoming.Uploader(null, files()[0], { protocol: 'resumable', ...options });
      return new Function('make', `return (${body})(make)`)(make);
    }, String(body));
  }

  it('with and without new', async () => {
    const seen = await run(() => {
      const made = [
        incoming.Uploader(null, files()[0], { protocol: 'resumable' }),
        new incoming.Uploader(null, files()[0], { protocol: 'resumable' }),
      ];
      return made.map((o) => [
        o instanceof EventTarget,
        o instanceof incoming.Uploader,
        o.constructor === incoming.Uploader,
        Object.prototype.toString.call(o),
      ]);
    });
    const expected = [true, true, true, '[object EventTarget]'];
    assert.deepEqual(seen, [expected, expected]);
  });

  it('that tells of progress and of the end, with itself as the target', async () => {
    const seen = await run(async (make) => {
      const o = make();
      const seen = [];
      for (const kind of ['progress', 'finished', 'cancelled', 'error']) {
        o.addEventListener(kind, function (event) {
          const isSelf = event.target === o && event.currentTarget === o && this === o;
          seen.push([event.type, isSelf, event instanceof Event, o.state]);
        });
      }
      await o.start().done;
      return seen;
    });
    const kinds = seen.map(([kind]) => kind);
    assert.ok(kinds.filter((kind) => kind === 'progress').length > 1);
    assert.deepEqual(seen.at(-1), ['finished', true, true, 'finished']);
    assert.ok(!kinds.includes('error') && !kinds.includes('cancelled'));
    assert.ok(seen.every(([, isSelf, isEvent]) => isSelf && isEvent));
  });

  it('that tells of a cancellation', async () => {
    const seen = await run(async (make) => {
      const o = make();
      const seen = [];
      for (const kind of ['finished', 'cancelled', 'error']) {
        o.addEventListener(kind, () => seen.push([kind, o.state, o.cancel_msg]));
      }
      await o.cancel('no more').done.catch(() => {});
      return seen;
    });
    assert.deepEqual(seen, [['cancelled', 'cancelled', 'no more']]);
  });

  it('that tells of an error, and nobody but those who listen', async () => {
    const seen = await run(
      async (make) => {
        const o = make();
        const seen = [];
        const outside = () => seen.push('window');
        addEventListener('error', outside);
        for (const kind of ['finished', 'cancelled', 'error']) {
          o.addEventListener(kind, () => seen.push([kind, o.state, o.error_kind]));
        }
        await o.start().done.catch(() => {});
        removeEventListener('error', outside);
        return seen;
      },
      ({ method }) => (method === 'POST' ? { status: 403 } : undefined),
    );
    assert.deepEqual(seen, [['error', 'failed', 'rejected']]);
  });

  it('whose callbacks and listeners are called side by side, each once', async () => {
    const seen = await run(async (make) => {
      const calls = [];
      const o = make({ onfinished: (self) => calls.push(['callback', self === o]) });
      o.addEventListener('finished', () => calls.push(['listener', true]));
      o.addEventListener('finished', { handleEvent: () => calls.push(['object', true]) });
      await o.start().done;
      return calls;
    });
    assert.deepEqual(seen, [
      ['callback', true],
      ['listener', true],
      ['object', true],
    ]);
  });

  it('with all that listeners of browsers can do', async () => {
    const seen = await run(async (make) => {
      const o = make({ chunk_size: 100, simultaneous: 1 });
      const calls = { once: 0, removed: 0, aborted: 0, all: 0 };
      const controller = new AbortController();
      const removed = () => {
        calls.removed += 1;
      };
      o.addEventListener('progress', () => (calls.once += 1), { once: true });
      o.addEventListener('progress', removed);
      o.addEventListener('progress', () => (calls.aborted += 1), { signal: controller.signal });
      o.addEventListener('progress', () => (calls.all += 1));
      o.removeEventListener('progress', removed);
      controller.abort();
      await o.start().done;
      return calls;
    });
    assert.ok(seen.all > 1);
    assert.deepEqual(seen, { once: 1, removed: 0, aborted: 0, all: seen.all });
  });

  it('that goes on when a listener throws, which the page is told', async () => {
    const [state, reported] = await run(async (make) => {
      const reported = [];
      const report = (event) => {
        reported.push(event.message);
        event.preventDefault();
      };
      addEventListener('error', report);
      const o = make();
      o.addEventListener('progress', () => {
        throw new Error('oops');
      });
      await o.start().done;
      removeEventListener('error', report);
      return [o.state, reported];
    });
    assert.equal(state, 'finished');
    assert.match(reported[0], /oops/);
  });

  it('whose listeners may pause, go on and cancel', async () => {
    const kind = await run((make) => {
      const o = make();
      o.addEventListener('progress', () => o.pause('toggle').pause('toggle'), { once: true });
      o.addEventListener('finished', () => o.cancel('too late'));
      return o.start().done.then(({ state }) => state);
    });
    assert.equal(kind, 'finished');
  });

  it('on which pages dispatch events of their own', async () => {
    const detail = await run((make) => {
      const o = make();
      return new Promise((resolve) => {
        o.addEventListener('own', (event) => resolve([event.detail, event.target === o]));
        o.dispatchEvent(new CustomEvent('own', { detail: 7 }));
      });
    });
    assert.deepEqual(detail, [7, true]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { Stage } from '../../support/stage.js';
import { together } from '../../support/suite.js';
import { until } from '../../support/wait.js';

const MIB = 1024 * 1024;

/** Counts the listeners of what lives longer than an uploader. */
function countListeners() {
  window.listening = 0;
  const isCounted = (target) =>
    [window, document].includes(target) || target instanceof AbortSignal;
  for (const [name, step] of [
    ['addEventListener', 1],
    ['removeEventListener', -1],
  ]) {
    const original = EventTarget.prototype[name];
    EventTarget.prototype[name] = function (...given) {
      if (isCounted(this ?? window)) window.listening += step;
      return original.apply(this, given);
    };
  }
}

/** What a page may do with an uploader before it drops it; each returns when it has. */
const ENDS = {
  'was never started': () => {},
  'has failed': async (o) => {
    window.refuses = true;
    await o.start().done.catch(() => {});
    if (o.state !== 'failed') throw new Error(`it is ${o.state}`);
  },
  'has failed twice': async (o) => {
    window.refuses = true;
    for (let i = 0; i < 2; i += 1) await o.start().done.catch(() => {});
    if (o.state !== 'failed') throw new Error(`it is ${o.state}`);
  },
  'is cancelled': async (o) => {
    await o.cancel('no').done.catch(() => {});
    if (o.state !== 'cancelled') throw new Error(`it is ${o.state}`);
  },
  'is finished': async (o) => {
    await o.start().done;
  },
};

describe('An uploader that the page has dropped', () => {
  const shared = together(
    async (t, browser) => {
      const site = await Site.open(t, browser);
      await site.page.evaluate(countListeners);
      return site;
    },
    ['--js-flags=--expose-gc'],
  );

  /** Uses an uploader and drops it; returns what is still there after a collection. */
  function use(end, options) {
    return shared.place.page.evaluate(
      async ([end, options]) => {
        const before = window.listening;
        window.refuses = false;
        const { signal } = new AbortController();
        const refs = await (async () => {
          const file = new File(['dropped'], `${Math.random()}.txt`);
          const headers = () => {
            if (window.refuses) throw incoming.UploadError.rejected('no');
            return {};
          };
          const o = incoming.Uploader(() => null, file, {
            protocol: 'resumable',
            signal,
            headers,
            ...options,
          });
          o.onprogress = () => o.state;
          o.subscribe(() => o.snapshot());
          await new Function(`return (${end})`)()(o);
          return [new WeakRef(o), new WeakRef(file), new WeakRef(headers)];
        })();
        const left = () => refs.map((ref) => ref.deref() !== undefined);
        for (let i = 0; i < 900 && (left().some(Boolean) || window.listening > before); i += 1) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          gc();
        }
        return { left: left(), listening: window.listening - before, signal: signal.aborted };
      },
      [String(end), options],
    );
  }

  async function assertCollected(end, options) {
    const { left, listening } = await use(end, options);
    assert.deepEqual(left, [false, false, false], 'uploader, file and function are collected');
    assert.equal(listening, 0, 'nobody listens any more');
    assert.deepEqual(shared.place.page.problems, []);
  }

  for (const [what, end] of Object.entries(ENDS)) {
    it(`and that ${what} is collected and leaves no listener`, () => assertCollected(end));
  }

  it('and that has failed is collected when what hashes has nothing to do any more', () =>
    assertCollected(ENDS['has failed'], { resume: true, verify: 'chunks' }));

  it('and that is under way goes on', async (t) => {
    const site = await Site.open(t, shared.browser);
    site.relay.bytesPerSecond = 4 * MIB;
    const file = site.file('going.bin', 4 * MIB);
    await site.choose(file);
    await site.page.evaluate(async () => {
      incoming.Uploader(null, files()[0], { protocol: 'resumable' }).start();
      for (let i = 0; i < 20; i += 1) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await until('it has arrived', async () => (await site.arrived()).length > 0);
    await site.assertArrived('resumable', file);
  });

  it('and that waits for its next attempt goes on', async (t) => {
    const stage = await Stage.set(t, shared.browser);
    const file = stage.file('waiting.bin', 4 * MIB);
    await stage.page.setInputFiles('#files', file.path);
    stage.relay.refuse = true;
    const ticket = await stage.app.newTicket();
    await stage.page.evaluate(async (ticket) => {
      incoming.Uploader(ticket, files()[0], { retry: { delays: [500] } }).start();
      for (let i = 0; i < 20; i += 1) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }, ticket);
    stage.relay.refuse = false;
    assert.equal((await stage.app.told(ticket)).md5, file.md5);
  });
});

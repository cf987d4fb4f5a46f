import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

const MIB = 1024 * 1024;

describe('A snapshot', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));
  let files = 0;

  /** Uploads a file in the page, by a function that gets the uploader and returns what it saw. */
  async function watch(body, options) {
    const { place } = shared;
    place.gateway.behave();
    files += 1;
    await place.choose(place.file(`${files}.bin`, MIB));
    return place.page.evaluate(
      ([body, options]) => {
        const o = incoming.Uploader(null, files()[0], { protocol: 'resumable', ...options });
        return new Function('o', `return (${body})(o)`)(o);
      },
      [String(body), { chunk_size: 100_000, ...options }],
    );
  }

  it('is a plain object of all properties, and frozen', async () => {
    const seen = await watch((o) => {
      const now = o.snapshot();
      const { done, ...properties } = JSON.parse(JSON.stringify(o));
      return {
        isFrozen: Object.isFrozen(now),
        isPlain: Object.getPrototypeOf(now) === Object.prototype,
        now: JSON.parse(JSON.stringify(now)),
        properties,
        isCloned: structuredClone(now).filename === now.filename,
      };
    });
    assert.deepEqual([seen.isFrozen, seen.isPlain, seen.isCloned], [true, true, true]);
    assert.deepEqual(seen.now, seen.properties);
    assert.equal(seen.now.state, 'ready');
  });

  it('is the same object until something changes', async () => {
    const seen = await watch(async (o) => {
      const problems = [];
      let last = o.snapshot();
      if (last !== o.snapshot()) problems.push('two at the beginning');
      o.subscribe(() => {
        const now = o.snapshot();
        if (now !== o.snapshot()) problems.push('two at one moment');
        if (JSON.stringify(now) === JSON.stringify(last)) problems.push('another one of the same');
        last = now;
      });
      for (const kind of ['finished', 'error', 'cancelled']) {
        o.addEventListener(kind, () => {
          if (o.snapshot() !== last) problems.push(`another one when it is ${kind}`);
        });
      }
      await o.start().done;
      if (o.snapshot() !== last) problems.push('another one after the end');
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (o.snapshot() !== last) problems.push('another one long after the end');
      return problems;
    });
    assert.deepEqual(seen, []);
  });

  it('is the same during a pause', async () => {
    const isSame = await watch(async (o) => {
      await new Promise((resolve) => {
        o.onprogress = () => o.bytes_acked > 0 && resolve();
        o.start();
      });
      o.onprogress = null;
      o.pause('pause');
      const paused = o.snapshot();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const isSame = o.snapshot() === paused && paused.state === 'paused';
      o.cancel('enough');
      return isSame;
    });
    assert.equal(isSame, true);
  });

  it('has at each moment what the uploader has', async () => {
    const problems = await watch(async (o) => {
      const problems = [];
      const look = () => {
        for (const [name, value] of Object.entries(o.snapshot())) {
          if (o[name] !== value)
            problems.push(`${name} is ${o[name]}, and ${value} in the snapshot`);
        }
      };
      for (const kind of ['progress', 'finished']) o.addEventListener(kind, look);
      look();
      await o.start().done;
      look();
      return problems;
    });
    assert.deepEqual(problems, []);
  });

  it('does not change what older ones say', async () => {
    const states = await watch(async (o) => {
      const all = [o.snapshot()];
      o.subscribe(() => all.push(o.snapshot()));
      await o.start().done;
      return all.map(({ state }) => state);
    });
    assert.equal(states[0], 'ready');
    assert.equal(states.at(-1), 'finished');
  });

  it('cannot be changed by a page', async () => {
    const [state, thrown] = await watch((o) => {
      let thrown = null;
      try {
        ('use strict');
        Object.assign(o.snapshot(), { state: 'finished' });
      } catch (error) {
        thrown = error.name;
      }
      return [o.snapshot().state, thrown];
    });
    assert.deepEqual([state, thrown], ['ready', 'TypeError']);
  });
});

describe('subscribe()', () => {
  const shared = together((t, browser) => Site.open(t, browser));

  it('calls without arguments, until its return is called', async () => {
    const { place } = shared;
    await place.choose(place.file('subscribed.bin', MIB));
    const seen = await place.page.evaluate(async () => {
      const o = incoming.Uploader(null, files()[0], { protocol: 'resumable', chunk_size: 100_000 });
      const calls = { all: [], some: 0, twice: 0 };
      o.subscribe((...given) => calls.all.push(given.length));
      const some = () => {
        calls.some += 1;
        if (calls.some === 2) unsubscribe();
      };
      const unsubscribe = o.subscribe(some);
      const twice = () => {
        calls.twice += 1;
      };
      const [one] = [o.subscribe(twice), o.subscribe(twice)];
      one();
      one();
      await o.start().done;
      return { ...calls, returned: typeof unsubscribe(), isBound: typeof one };
    });
    assert.ok(seen.all.length > 4);
    assert.deepEqual([...new Set(seen.all)], [0]);
    assert.equal(seen.some, 2);
    assert.equal(seen.twice, seen.all.length, 'the other one is still subscribed');
    assert.equal(seen.returned, 'undefined');
  });

  it('may be called with functions that stand alone, as React does', async () => {
    const { place } = shared;
    await place.choose(place.file('alone.bin', 1000));
    const states = await place.page.evaluate(async () => {
      const o = incoming.Uploader(null, files()[0], { protocol: 'resumable' });
      const { subscribe, snapshot, start } = o;
      const states = [];
      subscribe(() => states.push(snapshot().state));
      await start().done;
      return states;
    });
    assert.equal(states.at(-1), 'finished');
  });
});

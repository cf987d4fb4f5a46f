import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

describe('start()', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));
  let files = 0;

  /** Runs a function in the page with an uploader, against a server that refuses at first. */
  async function run(body, refusals = 0) {
    const { place } = shared;
    let left = refusals;
    place.gateway.behave(({ method }) => {
      if (method !== 'POST' || left === 0) return undefined;
      left -= 1;
      return { status: 403, body: `refusal ${left}` };
    });
    files += 1;
    await place.choose(place.file(`${files}.bin`, 1000));
    return place.page.evaluate((body) => {
      const o = incoming.Uploader(null, files()[0], { protocol: 'resumable' });
      const thrownBy = (act) => {
        try {
          return String(act());
        } catch ({ name, message }) {
          return `${name}: ${message}`;
        }
      };
      return new Function('o', 'thrownBy', `return (${body})(o, thrownBy)`)(o, thrownBy);
    }, String(body));
  }

  it('throws when the upload is finished, and changes nothing', async () => {
    const [thrown, before, after] = await run(async (o, thrownBy) => {
      await o.start().done;
      const before = JSON.stringify(o);
      return [thrownBy(() => o.start()), before, JSON.stringify(o)];
    });
    assert.match(thrown, /^TypeError: incoming\.start: a finished upload does not begin again/);
    assert.equal(after, before);
    assert.equal(shared.place.gateway.sent('/resumable').length, 1);
  });

  it('throws when the upload is cancelled, before its start as well', async () => {
    for (const isStarted of [false, true]) {
      const [thrown, state] = await run(
        isStarted
          ? async (o, thrownBy) => {
              await o
                .start()
                .cancel('no')
                .done.catch(() => {});
              return [thrownBy(() => o.start()), o.state];
            }
          : (o, thrownBy) => [thrownBy(() => o.cancel('no').start()), o.state],
      );
      assert.match(thrown, /^TypeError: incoming\.start: a cancelled upload does not begin again/);
      assert.equal(state, 'cancelled');
    }
  });

  it('returns the uploader, and does nothing more while the upload is under way', async () => {
    const isSame = await run(async (o) => {
      const returned = [o.start(), o.start(), o.pause('pause'), o.start(), o.start()];
      await o.done;
      return returned.every((other) => other === o);
    });
    assert.equal(isSame, true);
    const sent = shared.place.gateway.sent('/resumable').length;
    assert.ok(sent <= 2, `${sent} requests`);
  });

  it('leaves done the same promise for a whole run, with its pauses', async () => {
    const isSame = await run(async (o) => {
      const { done } = o;
      const seen = [];
      o.onprogress = () => seen.push(o.done);
      o.start();
      o.pause('pause');
      o.pause('unpause');
      const result = await done;
      seen.push(o.done);
      return result === o && seen.every((other) => other === done);
    });
    assert.equal(isSame, true);
  });

  it('makes done another promise for each run, of which each is settled once', async () => {
    const seen = await run(async (o) => {
      const runs = [];
      const outcomes = [];
      for (let i = 0; i < 3; i += 1) {
        o.start();
        runs.push(o.done);
        outcomes.push(
          await o.done.then(
            ({ state }) => state,
            ({ message }) => message,
          ),
        );
      }
      const again = await Promise.allSettled(runs);
      return { outcomes, count: new Set(runs).size, again: again.map(({ status }) => status) };
    }, 2);
    assert.deepEqual(seen.outcomes, [
      'the server refused: 403: refusal 1',
      'the server refused: 403: refusal 0',
      'finished',
    ]);
    assert.equal(seen.count, 3);
    assert.deepEqual(seen.again, ['rejected', 'rejected', 'fulfilled']);
  });

  it('may be called by a callback that hears of a failure', async () => {
    const [states, outcome] = await run(async (o) => {
      const states = [];
      o.onerror = () => {
        states.push(o.state);
        o.start();
      };
      await new Promise((resolve) => {
        o.onfinished = resolve;
        o.start();
      });
      await o.done;
      return [states, o.state];
    }, 2);
    assert.deepEqual(states, ['failed', 'failed']);
    assert.equal(outcome, 'finished');
  });

  it('rejects nothing that a page which only uses callbacks would have to handle', async () => {
    const unhandled = await run(async (o) => {
      const unhandled = [];
      const hear = (event) => unhandled.push(String(event.reason));
      addEventListener('unhandledrejection', hear);
      await new Promise((resolve) => {
        o.onerror = resolve;
        o.start();
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      removeEventListener('unhandledrejection', hear);
      return unhandled;
    }, 1);
    assert.deepEqual(unhandled, []);
  });
});

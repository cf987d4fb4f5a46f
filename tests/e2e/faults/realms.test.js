import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

const CHUNK = 100_000;

/** Other windows of the same origin; each makes one in the page and returns it. */
const REALMS = {
  'an iframe': () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    return frame.contentWindow;
  },
  'a pop-up': () => window.open('about:blank'),
};

for (const [realm, open] of Object.entries(REALMS)) {
  describe(`What comes from ${realm}`, () => {
    const shared = together((t, browser) => Site.open(t, browser));

    /** Uploads in the page what `make(other)` returns there: the file and the options. */
    function run(make) {
      return shared.place.page.evaluate(
        async ([open, make]) => {
          const other = new Function(`return (${open})()`)();
          const { file, options, after } = new Function('other', `return (${make})(other)`)(other);
          const o = incoming.Uploader(null, file, { protocol: 'resumable', ...options });
          const outcome = await o.start().done.then(
            () => ({ ok: true }),
            ({ kind, message }) => ({ kind, message }),
          );
          return { ...outcome, seen: after?.(o) };
        },
        [String(open), String(make)],
      );
    }

    async function assertHas(name, text) {
      const found = (await shared.place.arrived()).find((file) => file.name === name);
      assert.equal(found?.size, text.length, `${name} has arrived`);
    }

    it('is a file like any other', async () => {
      const outcome = await run((other) => ({ file: new other.File(['of afar'], 'afar.txt') }));
      assert.equal(outcome.ok, true, outcome.message);
      await assertHas('afar.txt', 'of afar');
    });

    it('is a blob like any other', async () => {
      const outcome = await run((other) => ({
        file: new other.Blob(['blob of afar']),
        options: { verify: 'chunks' },
      }));
      assert.equal(outcome.ok, true, outcome.message);
      await assertHas('blob', 'blob of afar');
    });

    it('is a signal that cancels', async () => {
      const outcome = await run((other) => {
        const controller = new other.AbortController();
        const { signal } = controller;
        const onprogress = () => controller.abort(new other.Error('no more'));
        return {
          file: new File(['x'.repeat(1000)], 'signal.txt'),
          options: { signal, onprogress },
        };
      });
      assert.deepEqual([outcome.kind, outcome.message], ['cancelled', 'no more']);
    });

    it('is a callback like any other', async () => {
      const outcome = await run((other) => {
        other.calls = 0;
        const file = new File(['callback'], 'callback.txt');
        const onfinished = other.Function('calls += 1');
        return { file, options: { onfinished }, after: () => other.calls };
      });
      assert.equal(outcome.ok, true, outcome.message);
      assert.equal(outcome.seen, 1);
    });

    it('gives headers and parameters like any other', async () => {
      const { place } = shared;
      const outcome = await run((other) => ({
        file: new File(['given'], 'given.txt'),
        options: {
          headers: other.Function("return Promise.resolve(new Headers({ 'X-Token': '7' }))"),
          params: other.Object.assign(new other.Object(), { where: 'afar' }),
        },
      }));
      assert.equal(outcome.ok, true, outcome.message);
      const [last] = place.relay.requests('/resumable').slice(-1);
      assert.equal(last.headers['x-token'], '7');
      assert.equal(last.fields.where, 'afar');
    });

    it('refuses by an error that is heard', async () => {
      const outcome = await run((other) => {
        const error = Object.assign(new other.Error('quota exceeded'), {
          name: 'UploadError',
          kind: 'rejected',
        });
        const headers = () => {
          throw error;
        };
        return { file: new File(['refused'], 'refused.txt'), options: { headers } };
      });
      assert.deepEqual([outcome.kind, outcome.message], ['rejected', 'quota exceeded']);
    });

    it('is options like any other', async () => {
      const outcome = await run((other) => ({
        file: new File(['options'], 'options.txt'),
        options: { retry: other.JSON.parse('{ "delays": [1], "attempts": 2 }') },
      }));
      assert.equal(outcome.ok, true, outcome.message);
    });

    it('is hashed like any other', async () => {
      const digests = await shared.place.page.evaluate(
        async ([open, size]) => {
          const other = new Function(`return (${open})()`)();
          const file = new other.File(['of afar'], 'afar.txt');
          const { signal } = new other.AbortController();
          const near = new File(['of afar'], 'near.txt');
          return [
            await incoming.fingerprint(file, { signal }),
            await incoming.fingerprint(near),
            await incoming.fingerprint_chunks(file, size, { signal }),
          ];
        },
        [String(open), CHUNK],
      );
      assert.equal(digests[0], digests[1]);
      assert.deepEqual(digests[2], [digests[1]]);
    });
  });
}

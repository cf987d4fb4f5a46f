import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { Hashing } from '../../support/hashing.js';

const ABC = '900150983cd24fb0d6963f7d28e17f72';

/** Where else the objects of a page come from; both return the other window. */
const REALMS = {
  'an iframe': () => document.body.appendChild(document.createElement('iframe')).contentWindow,
  'a pop-up': () => window.open('about:blank'),
};
const HASHING = {
  'a worker': undefined,
  'the page': () => {
    delete globalThis.Worker;
  },
};

for (const [realm, opening] of Object.entries(REALMS)) {
  describe(`What comes from ${realm}`, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    async function open(t, prepare) {
      const { page } = await Hashing.open(t, browser, { prepare });
      await page.evaluate(`window.other = (${opening})()`);
      return page;
    }

    for (const [where, prepare] of Object.entries(HASHING)) {
      it(`is hashed by ${where}, be it a File or a Blob`, async (t) => {
        const page = await open(t, prepare);
        const digests = await page.evaluate(() => {
          const { File, Blob } = window.other;
          const file = new File(['abc'], 'abc.txt');
          if (file instanceof window.Blob) throw new Error('it is of this realm');
          return Promise.all([
            incoming.fingerprint(file),
            incoming.fingerprint(new Blob(['a', 'bc'])),
            incoming.fingerprint_chunks(file, 3, window.other.Object.create(null)),
          ]);
        });
        assert.deepEqual(digests, [ABC, ABC, [ABC]]);
        assert.deepEqual(page.problems, []);
      });
    }

    it('can end the work as a signal', async (t) => {
      const page = await open(t);
      const words = await page.evaluate(() => {
        const controller = new window.other.AbortController();
        const { signal } = controller;
        if (signal instanceof window.AbortSignal) throw new Error('it is of this realm');
        const early = window.other.AbortSignal.abort(new Error('too late'));
        const given = [signal, early].map((signal) =>
          incoming.fingerprint(new Blob(['abc']), { signal }).catch(({ message }) => message),
        );
        controller.abort(new Error('enough'));
        return Promise.all(given);
      });
      assert.deepEqual(words, ['enough', 'too late']);
    });

    it('is refused if it only looks like a file or a signal', async (t) => {
      const page = await open(t);
      const words = await page.evaluate(() => {
        const { Object: Other, Blob, AbortSignal } = window.other;
        const file = Other.assign(Other.create(Blob.prototype), { name: 'x' });
        const signal = Other.create(AbortSignal.prototype);
        return Promise.all([
          incoming.fingerprint(file).catch(String),
          incoming.fingerprint(new Blob(['abc']), { signal }).catch(String),
        ]);
      });
      assert.deepEqual(words, [
        'TypeError: incoming.fingerprint: expected a File or a Blob, found object',
        'TypeError: incoming.fingerprint: expected an AbortSignal as signal, found object',
      ]);
    });
  });
}

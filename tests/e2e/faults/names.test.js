import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { Stage } from '../../support/stage.js';
import { together } from '../../support/suite.js';

const CONTROL = Array.from({ length: 32 }, (_, code) => code || 127);

/** Names that browsers hand over, or that pages give to a `File`. */
const NAMES = [
  `a${String.fromCharCode(...CONTROL)}b.txt`,
  'a"b\\c.txt',
  'a\r\nContent-Type: text/html\r\n\r\nb.txt',
  'a%22%0d%0a%zz+&=.txt',
  'a\ud800b.txt',
  'żółć 文件 🎉 \u202egpj.exe',
  ' ',
  '\u3000\t',
  '',
  '..',
  '../../a/b.txt',
  `${'n'.repeat(200)}.txt`,
  `${'文'.repeat(200)}.txt`,
];

const WAYS = {
  resumable: { protocol: 'resumable' },
  'resumable in chunks': { protocol: 'resumable', chunk_size: 40 },
  'resumable as bare bytes': { protocol: 'resumable', method: 'octet' },
  'resumable by fetch': { protocol: 'resumable', transport: 'fetch' },
  flow: { protocol: 'flow' },
  fineuploader: { protocol: 'fineuploader' },
  'fineuploader in chunks': { protocol: 'fineuploader', chunk_size: 40 },
  'fineuploader as bare bytes': {
    protocol: 'fineuploader',
    params_in_body: false,
    force_multipart: false,
  },
  robusto: { protocol: 'robusto' },
  'robusto in chunks': { protocol: 'robusto', chunk_size: 40 },
  galileo: { protocol: 'galileo' },
};

const md5Of = (text) => createHash('md5').update(text).digest('hex');

describe('A file arrives whatever its name is', () => {
  const shared = together((t, browser) => Site.open(t, browser));
  let size = 0;

  /** Uploads a file that the page makes; returns how it ended. */
  function send(page, ticket, name, text, options) {
    return page.evaluate(
      ([ticket, name, text, options]) =>
        incoming
          .Uploader(ticket, new File([text], name, { type: 'text/plain' }), options)
          .start()
          .done.then(
            () => null,
            ({ kind, message }) => `${kind}: ${message}`,
          ),
      [ticket, name, text, { retry: { attempts: 2, delays: [1] }, ...options }],
    );
  }

  for (const [way, options] of Object.entries(WAYS)) {
    it(`over ${way}`, async () => {
      const { place } = shared;
      for (const name of NAMES) {
        const what = JSON.stringify(name);
        // Of two files that have the same name and size, one would be taken for the other.
        size += 1;
        const text = 'x'.repeat(size);
        assert.equal(await send(place.page, null, name, text, options), null, what);
        const arrived = (await place.arrived()).filter(({ md5 }) => md5 === md5Of(text));
        assert.equal(arrived.length, 1, what);
      }
    });
  }

  it('over incoming', async (t) => {
    const stage = await Stage.set(t, shared.browser);
    for (const name of NAMES) {
      const what = JSON.stringify(name);
      const ticket = await stage.app.newTicket();
      assert.equal(await send(stage.page, ticket, name, 'abc', {}), null, what);
      assert.equal((await stage.app.told(ticket)).md5, md5Of('abc'), what);
    }
  });
});

describe('A file whose path has more than 1,000 characters', () => {
  const shared = together((t, browser) => Site.open(t, browser));

  for (const protocol of ['resumable', 'flow']) {
    it(`arrives over ${protocol}, and is not taken for another one`, async () => {
      const { place } = shared;
      const states = await place.page.evaluate((protocol) => {
        const folder = 'a-folder/'.repeat(150);
        const send = (name) => {
          const file = new File([`content of ${name}`], name);
          Object.defineProperty(file, 'webkitRelativePath', { value: folder + name });
          return incoming.Uploader(null, file, { protocol }).start().done;
        };
        const names = ['one.txt', 'two.txt'].map((name) => `${protocol} ${name}`);
        return Promise.all(names.map(send)).then((all) => all.map(({ state }) => state));
      }, protocol);
      assert.deepEqual(states, ['finished', 'finished']);
      const arrived = (await place.arrived()).filter(({ name }) => name.startsWith(protocol));
      assert.equal(new Set(arrived.map(({ md5 }) => md5)).size, 2);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

const CHUNK = 100_000;
const CHUNKS = 6;
/** How many chunks are confirmed before the server refuses. */
const CONFIRMED = 3;

const KINDS = {
  resumable: {
    path: '/resumable',
    numberOf: (f) => f.resumableChunkNumber,
    statuses: [400, 401, 403, 409, 413, 415],
  },
  flow: { path: '/resumable', numberOf: (f) => f.flowChunkNumber },
  fineuploader: {
    path: '/fineuploader',
    numberOf: (f) => f.qqpartindex,
    options: { chunking: true },
  },
  robusto: { path: '/robusto', numberOf: (f) => f.chunk },
};

describe('A refusal in the middle', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));

  /** An upload whose token is worth nothing any more after some chunks. */
  async function signedOut(protocol, status) {
    const { path, options } = KINDS[protocol];
    const site = shared.place;
    site.gateway.behave(({ method, headers }) => {
      if (method !== 'POST' || headers['x-token'] !== 'old') return undefined;
      return site.gateway.sent(path).length > CONFIRMED ? { status } : undefined;
    });
    const make = (options) => {
      window.token = 'old';
      const headers = () => ({ 'X-Token': window.token });
      return makeUpload(null, 0, { ...options, headers });
    };
    const all = { ...options, protocol, chunk_size: CHUNK, simultaneous: 1 };
    const file = site.file(`${protocol} ${status}.bin`, CHUNKS * CHUNK - 7);
    const upload = await site.uploadMadeBy(file, make, all);
    await upload.start();
    const { kind, message } = await upload.outcome();
    assert.equal(kind, 'rejected');
    assert.match(message, new RegExp(`${status}`));
    return { site, upload };
  }

  for (const [protocol, { statuses = [401] }] of Object.entries(KINDS)) {
    for (const status of statuses) {
      it(`(${status}) over ${protocol} keeps what was confirmed`, async () => {
        const { path, numberOf } = KINDS[protocol];
        const { site, upload } = await signedOut(protocol, status);
        const { state, bytes_acked } = await upload.look();
        assert.deepEqual([state, bytes_acked], ['failed', CONFIRMED * CHUNK]);

        const ended = await site.page.evaluate((number) => {
          window.token = 'fresh';
          return uploads[number].o.start().done.then((o) => o.state);
        }, upload.number);
        assert.equal(ended, 'finished');
        await site.assertHas(upload.file);
        const sent = site.gateway.sent(path).map(({ fields }) => Number(numberOf(fields)));
        const first = Math.min(...sent);
        const confirmed = Array.from({ length: CONFIRMED }, (_, i) => first + i);
        for (const number of confirmed) {
          assert.equal(sent.filter((n) => n === number).length, 1, `${number} of ${sent}`);
        }
      });
    }
  }

  for (const status of [404, 410, 500, 501]) {
    it(`(${status}) over resumable forgets what may be lost`, async () => {
      const { upload } = await signedOut('resumable', status);
      assert.equal((await upload.look()).bytes_acked, 0);
    });
  }
});

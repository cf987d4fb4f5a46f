import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIALECTS, OVER_HTTP } from '../../support/dialects.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

const CHUNK = 100_000;
const CHUNKS = 6;
const CONFIRMED = 3;

/** By which field of a request each protocol says which chunk it sends. */
const NUMBERS = {
  resumable: 'resumableChunkNumber',
  flow: 'flowChunkNumber',
  fineuploader: 'qqpartindex',
  robusto: 'chunk',
};

describe('What is kept of an upload that was refused', () => {
  const shared = together();

  for (const protocol of OVER_HTTP) {
    it(`over ${protocol} costs another page nothing that was confirmed`, async (t) => {
      const { path, options } = DIALECTS[protocol];
      const site = await Site.open(t, shared.browser, { gateway: true });
      site.gateway.behave(({ method, headers }) => {
        const isRefused = method === 'POST' && headers['x-token'] !== 'fresh';
        return isRefused && site.gateway.sent(path).length > CONFIRMED
          ? { status: 401 }
          : undefined;
      });
      const all = { ...options, chunk_size: CHUNK, simultaneous: 1, resume: true };
      const file = site.file('refused.bin', CHUNKS * CHUNK - 7);
      const { outcome } = await site.send(file, all);
      assert.equal(outcome.kind, 'rejected');
      const before = site.gateway.sent(path).slice(0, CONFIRMED);

      await site.page.reload();
      await site.page.waitForFunction(() => typeof window.files === 'function');
      const [kept] = await site.page.evaluate(() => incoming.pending());
      assert.equal(kept.bytes_acked, CONFIRMED * CHUNK);
      site.gateway.requests = [];
      const again = await site.send(file, { ...all, headers: { 'X-Token': 'fresh' } });
      assert.deepEqual(again.outcome, { ok: true });
      await site.assertArrived(DIALECTS[protocol].noted, file);
      const numbersOf = (requests) => requests.map(({ fields }) => fields[NUMBERS[protocol]]);
      const sent = numbersOf(site.gateway.sent(path));
      for (const number of numbersOf(before)) {
        assert.ok(!sent.includes(number), `chunk ${number} is sent again`);
      }
    });
  }
});

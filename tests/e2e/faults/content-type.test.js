import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OVER_HTTP } from '../../support/dialects.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

describe('Content-Type among the headers of the page', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));

  async function send(name, options) {
    const { place } = shared;
    place.gateway.behave();
    const { upload, outcome } = await place.send(place.file(name, 250_000), options);
    assert.deepEqual(outcome, { ok: true });
    await place.assertHas(upload.file);
    return place.gateway.requests.filter(({ method }) => method === 'POST');
  }

  for (const protocol of OVER_HTTP) {
    for (const transport of ['xhr', 'fetch']) {
      it(`breaks no form of ${protocol} by ${transport}`, async () => {
        const requests = await send(`${protocol} ${transport}.bin`, {
          protocol,
          transport,
          chunk_size: 100_000,
          headers: { 'cOntent-tYpe': 'application/json', 'X-Token': '7' },
        });
        assert.ok(requests.length > 1);
        for (const { headers } of requests) {
          assert.match(headers['content-type'], /^multipart\/form-data; boundary=/);
          assert.equal(headers['x-token'], '7');
        }
      });
    }
  }

  it('breaks no form without a file', async () => {
    const requests = await send('success.bin', {
      protocol: 'fineuploader',
      chunking: true,
      chunk_size: 100_000,
      success_endpoint: '/fineuploader/success',
      headers: { 'Content-Type': 'application/json' },
    });
    assert.match(
      requests.at(-1).headers['content-type'],
      /^application\/x-www-form-urlencoded(;|$)/,
    );
  });

  it('is what bare bytes are sent as', async () => {
    const requests = await send('octet.bin', {
      protocol: 'resumable',
      method: 'octet',
      headers: { 'Content-Type': 'application/x-own' },
    });
    for (const { headers } of requests) {
      assert.equal(headers['content-type'], 'application/x-own');
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

/** What each protocol has besides what all have. */
const OWN = {
  incoming: [],
  galileo: [],
  resumable: ['simultaneous', 'test_chunks', 'method', 'permanent_errors', 'parameter_names'],
  flow: ['simultaneous', 'test_chunks', 'method', 'permanent_errors', 'parameter_names'],
  fineuploader: ['chunking', 'concurrent', 'success_endpoint', 'delete_endpoint', 'param_names'],
  robusto: ['simultaneous'],
};
const COMMON = [
  ...['protocol', 'endpoint', 'chunk_size', 'retry', 'stall_timeout_ms', 'verify', 'signal'],
  ...['resume', 'resume_days', 'resume_scope', 'handle', 'redirects'],
  ...['onprogress', 'onfinished', 'oncancelled', 'onerror'],
];

describe('An unknown option', () => {
  const shared = together((t, browser) => Site.open(t, browser));

  /** What the constructor throws for these options. */
  async function thrownBy(options) {
    await shared.place.choose(shared.place.file('options.bin', 1));
    return shared.place.page.evaluate((options) => {
      try {
        incoming.Uploader('id', files()[0], options);
        return null;
      } catch ({ name, message }) {
        return `${name}: ${message}`;
      }
    }, options);
  }

  for (const [protocol, own] of Object.entries(OWN)) {
    it(`is named with all that ${protocol} knows, and these are taken`, async () => {
      const message = await thrownBy({ protocol, frobnicate: 1 });
      assert.match(message, /^TypeError: incoming\.Uploader: unknown option frobnicate; /);
      assert.doesNotMatch(message, /did you mean/);
      const known = message.match(/known are: (.*)$/)[1].split(', ');
      for (const name of [...COMMON, ...own])
        assert.ok(known.includes(name), `${name}: ${message}`);
      assert.equal(new Set(known).size, known.length, `each once: ${known}`);
      for (const name of known) {
        assert.equal(await thrownBy({ protocol, [name]: null }), null, name);
        const wrong = await thrownBy({ protocol, [name]: { frobnicate: [] } });
        assert.doesNotMatch(wrong ?? '', new RegExp(`unknown option ${name};`));
      }
    });
  }

  for (const [protocol, options, suggestion] of [
    ['incoming', { chunkSize: 1 }, 'chunkSize; did you mean chunk_size?'],
    ['incoming', { chunksize: 1 }, 'chunksize; did you mean chunk_size?'],
    ['incoming', { onProgress: 1 }, 'onProgress; did you mean onprogress?'],
    ['incoming', { onfinish: 1 }, 'onfinish; did you mean onfinished?'],
    ['incoming', { endPoint: '/x' }, 'endPoint; did you mean endpoint?'],
    ['incoming', { stallTimeoutMs: 5 }, 'stallTimeoutMs; did you mean stall_timeout_ms?'],
    ['resumable', { withCredentials: true }, 'withCredentials; did you mean with_credentials?'],
    ['resumable', { testChunks: true }, 'testChunks; did you mean test_chunks?'],
    ['resumable', { header: {} }, 'header; did you mean headers?'],
    ['resumable', { isStored: 1 }, 'isStored; did you mean is_stored?'],
    ['fineuploader', { successEndpoint: '/x' }, 'successEndpoint; did you mean success_endpoint?'],
    ['incoming', { retry: { attemps: 1 } }, 'retry.attemps; did you mean retry.attempts?'],
    ['incoming', { retry: { Refusals: true } }, 'retry.Refusals; did you mean retry.refusals?'],
    [
      'resumable',
      { parameter_names: { chunkNumber: 'n' } },
      'parameter_names.chunkNumber; did you mean parameter_names.chunk_number?',
    ],
  ]) {
    it(`is told from what was meant: ${suggestion}`, async () => {
      const message = await thrownBy({ protocol, ...options });
      assert.ok(
        message?.startsWith(`TypeError: incoming.Uploader: unknown option ${suggestion}`),
        message,
      );
    });
  }

  it('that only requests have is refused over a WebSocket, whatever it is', async () => {
    for (const options of [{ headers: {} }, { with_credentials: true }, { transport: 'xhr' }]) {
      const message = await thrownBy({ protocol: 'galileo', ...options });
      assert.match(message, /is only for protocols over HTTP/);
    }
  });
});

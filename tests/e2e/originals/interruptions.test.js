import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../../support/browser.js';
import { Original } from '../../support/originals.js';

const MIB = 1024 * 1024;
const SIZE = 5 * MIB + 7;
const CHUNK = 256 * 1024;

const CHUNKED = { enabled: true, partSize: CHUNK };
const CONCURRENT = {
  ...CHUNKED,
  concurrent: { enabled: true },
  success: { endpoint: '/fineuploader/success' },
};
const RETRY = { enableAuto: true, autoAttemptDelay: 0.2, maxAutoAttempts: 50 };

const CASES = [
  {
    library: 'resumable',
    options: { chunkSize: CHUNK, chunkRetryInterval: 200 },
    pause: () => client.pause(),
    goOn: () => client.upload(),
  },
  {
    library: 'flow',
    options: { chunkSize: CHUNK, chunkRetryInterval: 200, maxChunkRetries: 50 },
    pause: () => client.pause(),
    goOn: () => client.resume(),
  },
  {
    library: 'fineuploader',
    options: { chunking: CHUNKED, resume: { enabled: true }, retry: RETRY },
    pause: () => client.pauseUpload(0),
    goOn: () => client.continueUpload(0),
  },
  {
    library: 'fineuploader',
    how: ' with many chunks at once',
    options: { chunking: CONCURRENT, resume: { enabled: true }, retry: RETRY },
    pause: () => client.pauseUpload(0),
    goOn: () => client.continueUpload(0),
  },
];

for (const { library, how = '', options, pause, goOn } of CASES) {
  describe(`An interruption of the original ${library}${how}`, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    async function underway(t) {
      const original = await Original.open(t, browser, library);
      original.site.relay.bytesPerSecond = 3 * MIB;
      await original.begin([original.site.file('blåbær ü 文件.bin', SIZE)], options);
      await original.underway();
      return original;
    }

    /** Pauses at a moment at which the client knows what the server has stored; returns that. */
    async function paused(original) {
      original.site.relay.frozen = true;
      await sleep(200);
      const known = stored(original);
      await original.page.evaluate(pause);
      original.site.relay.frozen = false;
      return known;
    }

    async function assertArrivesWhole(original) {
      original.site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
      await until100Percent(original);
      await original.assertArrived();
    }

    it('by a pause ends well', async (t) => {
      const original = await underway(t);
      const known = await paused(original);
      const { chunks } = await original.log();
      await sleep(300);
      assert.equal((await original.log()).chunks, chunks, 'nothing moves during a pause');
      const moment = performance.now();
      await original.page.evaluate(goOn);
      await assertArrivesWhole(original);
      assertNotSentAgain(original, known, moment);
    });

    it('by leaving the page ends well', async (t) => {
      const original = await underway(t);
      const known = await paused(original);
      assert.ok(known.size >= 2);
      const moment = performance.now();
      original.site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
      await original.page.reload();
      await original.begin(original.files, options);
      await assertArrivesWhole(original);
      assertNotSentAgain(original, known, moment);
    });

    it('by leaving the page in the middle of a chunk ends well', async (t) => {
      const original = await underway(t);
      const moment = performance.now();
      await original.page.reload();
      await original.begin(original.files, options);
      await assertArrivesWhole(original);
      const sent = new Set(sentAfter(original, moment));
      assert.ok(sent.size < Math.floor(SIZE / CHUNK), 'does not begin anew');
    });

    it('by a cut wire ends well', async (t) => {
      const original = await underway(t);
      original.site.relay.cut();
      await assertArrivesWhole(original);
    });

    it('by a server that is killed and started again ends well', async (t) => {
      const original = await underway(t);
      await original.site.server.kill();
      await sleep(300);
      await original.site.server.start();
      await assertArrivesWhole(original);
    });
  });
}

/** Like `finish`, but errors on the way are allowed when the client tries again. */
async function until100Percent(original) {
  const { page } = original;
  await page.waitForFunction(() => window.log.succeeded.length > 0, null, { timeout: 20_000 });
}

/** The chunks of which the server has said that it has them. */
function stored(original) {
  return new Set(numbers(original.sent().filter(({ status }) => status === 200)));
}

function assertNotSentAgain(original, known, moment) {
  const again = sentAfter(original, moment).filter((number) => known.has(number));
  assert.deepEqual(again, []);
}

/** Which chunks were sent after this moment. */
function sentAfter(original, moment) {
  return numbers(original.sent().filter(({ at }) => at > moment));
}

/** Which chunks these requests carried; the one that ends an upload carries none. */
function numbers(requests) {
  return requests.map(numberOf).filter((number) => number !== undefined);
}

/** Which chunk it is, from 0. */
function numberOf({ fields }) {
  const { resumableChunkNumber, flowChunkNumber, qqpartindex } = fields;
  const fromOne = resumableChunkNumber ?? flowChunkNumber;
  if (fromOne !== undefined) return fromOne - 1;
  return qqpartindex === undefined ? undefined : Number(qqpartindex);
}

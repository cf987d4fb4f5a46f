// CHAOS_MIB=2000 CHAOS_SEED=7 node --test tests/e2e/chaos.test.js tries it with a larger file.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { ALL_FAULTS, Chaos, STALL_TIMEOUT_MS } from '../support/chaos.js';
import { DIALECTS } from '../support/dialects.js';
import { Site } from '../support/site.js';
import { Stage } from '../support/stage.js';
import { until } from '../support/wait.js';

const MIB = 1024 * 1024;
const SIZE = Number(process.env.CHAOS_MIB ?? 100) * MIB + 3;
const SEED = Number(process.env.CHAOS_SEED ?? 1);
const SPEED = 10 * MIB;
/** What a delivery may cost: so many times the size of the file. */
const MOST = 1.3;
const LONGEST_MS = (20 * 1000 * SIZE) / SPEED;

/** Small enough that what one fault destroys is little. */
const CHUNK = 512 * 1024;
/** The original clients give up at status 500 unless they are told otherwise. */
const TRIES_500_AGAIN = { permanent_errors: [400, 404, 409, 415] };
const OWN_OPTIONS = { resumable: TRIES_500_AGAIN, flow: TRIES_500_AGAIN, fineuploader: {} };

const PATIENT = { retry: { delays: [100] }, stall_timeout_ms: STALL_TIMEOUT_MS };
const ALL_BUT_FLIPS = ALL_FAULTS.filter((fault) => fault !== 'flip');

describe('A network with a fault every second', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function survives(t, relay, upload, faults) {
    relay.bytesPerSecond = SPEED;
    const before = relay.bytesUp;
    await upload.start();
    const chaos = new Chaos(relay, faults, SEED);
    const isOver = () => upload.look().then((o) => o.finished || o.error_code !== null);
    await until('the upload is over', isOver, LONGEST_MS).finally(() => chaos.stop());
    assert.deepEqual(await upload.outcome(), { ok: true });
    const cost = (relay.bytesUp - before) / SIZE;
    t.diagnostic(`${chaos.count} faults ${JSON.stringify(chaos.done)}, cost ${cost.toFixed(2)}`);
    assert.ok(chaos.count > 3, `only ${chaos.count} faults`);
    assert.ok(cost <= MOST, `sent ${cost} times the file`);
  }

  it('is survived by incoming', async (t) => {
    const stage = await Stage.set(t, browser);
    const file = stage.file('chaos.bin', SIZE);
    const upload = await stage.upload(file, { ...PATIENT, verify: 'chunks' });
    await survives(t, stage.relay, upload, ALL_FAULTS);
    assert.equal((await stage.app.told(upload.ticket)).md5, file.md5);
  });

  for (const [protocol, own] of Object.entries(OWN_OPTIONS)) {
    it(`is survived by ${protocol}`, async (t) => {
      const { noted, options } = DIALECTS[protocol];
      const site = await Site.open(t, browser);
      const file = site.file('chaos.bin', SIZE);
      const given = { ...options, ...own, ...PATIENT, chunk_size: CHUNK, verify: 'chunks' };
      const upload = await site.upload(file, given);
      await survives(t, site.relay, upload, ALL_FAULTS);
      await assertArrivedAmongProblems(site, noted, file);
    });
  }

  // One damaged bit costs Mr. Robusto the whole file: he only compares that.
  it('is survived by robusto, unless it flips bits', async (t) => {
    const { noted, options } = DIALECTS.robusto;
    const site = await Site.open(t, browser);
    const file = site.file('chaos.bin', SIZE);
    const upload = await site.upload(file, { ...options, ...PATIENT, chunk_size: CHUNK });
    await survives(t, site.relay, upload, ALL_BUT_FLIPS);
    await assertArrivedAmongProblems(site, noted, file);
  });

  // It cannot go on after a loss, so that only waiting is free.
  it('is survived by galileo, as long as the connection stands', async (t) => {
    const { noted, options } = DIALECTS.galileo;
    const site = await Site.open(t, browser);
    const file = site.file('chaos.bin', SIZE);
    const upload = await site.upload(file, { ...options, ...PATIENT, stall_timeout_ms: 20_000 });
    await survives(t, site.relay, upload, ['delay', 'pause', 'stall']);
    await assertArrivedAmongProblems(site, noted, file);
  });

  /** The page's console has heard of every answer 500. */
  async function assertArrivedAmongProblems(site, noted, file) {
    site.page.problems.length = 0;
    await site.assertArrived(noted, file);
  }
});

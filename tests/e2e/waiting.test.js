import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { DIALECTS, OVER_HTTP } from '../support/dialects.js';
import { Doorkeeper } from '../support/doorkeeper.js';
import { Site } from '../support/site.js';
import { until } from '../support/wait.js';

const MIB = 1024 * 1024;
const SIZE = 4 * MIB + 7;
const ASKED_MS = 2000;
/** Dates of HTTP have no parts of a second. */
const DATE_MS = 1000;
const DAYS_MS = 1e9;

describe('A wait for the next attempt', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function assertObeys(t, protocol, refusal, leastMs) {
    const { options, path, noted } = DIALECTS[protocol];
    const site = await Site.open(t, browser, { args: ['--allowed-origins', '*'] });
    const doorkeeper = await Doorkeeper.start(t, site.server.port);
    doorkeeper.refusals = [refusal()];
    const upload = await site.upload(site.file('busy.bin', 1000), {
      ...options,
      endpoint: doorkeeper.url + path,
      retry: { delays: [1] },
    });
    await upload.start();
    const words = /^(429|503): come back later, (trying again|starting over) within \d+ s$/;
    await upload.until('told to wait', (o) => words.test(o.state_msg));
    assert.deepEqual(await upload.outcome(), { ok: true });
    await site.assertArrived(noted, upload.file);
    assert.equal(doorkeeper.refused.length, 1);
    assert.ok(doorkeeper.admitted[0] - doorkeeper.refused[0] >= leastMs, 'the server is obeyed');
  }

  for (const protocol of OVER_HTTP) {
    it(`of ${protocol} is as long as the server says, in seconds`, (t) => {
      const headers = { 'Retry-After': `${ASKED_MS / 1000}` };
      return assertObeys(t, protocol, () => ({ status: 429, headers }), ASKED_MS);
    });

    it(`of ${protocol} is as long as the server says, as a date of its own clock`, (t) => {
      const wrongByMs = 5 * 3_600_000;
      const refusal = () => {
        const now = Math.ceil(Date.now() / 1000) * 1000 + wrongByMs;
        const [said, later] = [now, now + ASKED_MS].map((ms) => new Date(ms).toUTCString());
        return { status: 503, headers: { Date: said, 'Retry-After': later } };
      };
      return assertObeys(t, protocol, refusal, ASKED_MS - DATE_MS);
    });
  }

  async function underway(t, protocol, options) {
    const site = await Site.open(t, browser);
    await site.page.clock.install();
    site.relay.bytesPerSecond = 2 * MIB;
    const upload = await site.upload(site.file('waiting.bin', SIZE), {
      ...DIALECTS[protocol].options,
      chunk_size: 256 * 1024,
      ...options,
    });
    await upload.start();
    await upload.underway();
    return { site, upload };
  }

  /** Browsers send again by themselves what was lost on a connection that they had used before. */
  function breaks(site) {
    site.relay.refuse = true;
    site.relay.cut();
  }

  async function assertArrives(site, upload, protocol) {
    site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    assert.deepEqual(await upload.outcome(), { ok: true });
    await site.assertArrived(DIALECTS[protocol].noted, upload.file);
  }

  for (const protocol of ['resumable', 'galileo']) {
    it(`of ${protocol} without a network costs no attempt and ends when there is one`, async (t) => {
      const { site, upload } = await underway(t, protocol, { retry: { attempts: 0 } });
      await site.page.context().setOffline(true);
      site.relay.cut();
      await upload.until('waiting for it', (o) => /there is no network/.test(o.state_msg));
      const { length } = site.relay.connections;
      await site.page.clock.runFor(25_000);
      assert.equal(site.relay.connections.length, length, 'nothing is tried');
      await site.page.context().setOffline(false);
      await assertArrives(site, upload, protocol);
    });
  }

  it('is not endless when the browser is wrong about the network', async (t) => {
    const { site, upload } = await underway(t, 'resumable', { retry: { attempts: 0 } });
    await site.page.evaluate(() => Object.defineProperty(navigator, 'onLine', { value: false }));
    breaks(site);
    await upload.until('waiting for it', (o) => /there is no network/.test(o.state_msg));
    site.relay.refuse = false;
    await site.page.clock.runFor(31_000);
    await assertArrives(site, upload, 'resumable');
  });

  for (const protocol of ['resumable', 'galileo']) {
    it(`of ${protocol} ends when the machine wakes up that slept`, async (t) => {
      const { site, upload } = await underway(t, protocol, { retry: { delays: [DAYS_MS] } });
      breaks(site);
      await upload.until('waiting', (o) =>
        /^lost the connection: .*, (trying again|starting over)/.test(o.state_msg),
      );
      site.relay.refuse = false;
      await site.page.clock.runFor(60_000);
      assert.match((await upload.look()).state_msg, /lost the connection/, 'not yet');
      await site.page.clock.fastForward(120_000);
      await assertArrives(site, upload, protocol);
    });
  }

  it('begins soon after a sleep in which the connection died', async (t) => {
    const { site, upload } = await underway(t, 'resumable', { retry: { delays: [1] } });
    site.relay.frozen = true;
    const { length } = site.relay.connections;
    await site.page.clock.fastForward(120_000);
    await site.page.clock.runFor(12_000);
    // Long before the stall timeout.
    const retried = () => site.relay.connections.length > length;
    await until('it tries again', retried, 10_000);
    site.relay.cut();
    site.relay.frozen = false;
    await assertArrives(site, upload, 'resumable');
  });
});

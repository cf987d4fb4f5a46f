import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Site } from '../../support/site.js';
import { Stage } from '../../support/stage.js';
import { together } from '../../support/suite.js';
import { Upload } from '../../support/upload.js';

const MIB = 1024 * 1024;
const SIZE = 8 * MIB;
const BYTES_PER_SECOND = 2 * MIB;
const HOUR_MS = 3_600_000;
/** No honest estimate is far from what the line takes, however busy the machine is. */
const LONGEST_ETA = 60;
const FASTEST = 1e9;

const OPENING = {
  incoming: (t, browser) => Stage.set(t, browser),
  resumable: (t, browser) => Site.open(t, browser),
};

describe('A clock that is set', () => {
  const shared = together();

  /** An upload that notes what it says of its speed, in a page whose clock can be set. */
  async function begin(t, protocol, options) {
    const place = await OPENING[protocol](t, shared.browser);
    place.relay.bytesPerSecond = BYTES_PER_SECOND;
    const file = place.file('clock.bin', SIZE);
    await place.page.setInputFiles('#files', file.path);
    const ticket = protocol === 'incoming' ? await place.app.newTicket() : null;
    const number = await place.page.evaluate(
      ([ticket, options]) => {
        const now = Date.now;
        window.rates = [];
        window.wrongBy = 0;
        Date.now = () => now() + window.wrongBy;
        const number = makeUpload(ticket, 0, options);
        const { o } = uploads[number];
        o.addEventListener('progress', () => window.rates.push([o.speed, o.eta]));
        o.start();
        return number;
      },
      [ticket, { protocol, ...options }],
    );
    const upload = new Upload(place.page, number, ticket, file);
    await upload.underway();
    return { place, upload };
  }

  const setClock = ({ page }, wrongBy) =>
    page.evaluate((wrongBy) => (window.wrongBy = wrongBy), wrongBy);

  for (const protocol of Object.keys(OPENING)) {
    for (const [how, wrongBy] of [
      ['back', -HOUR_MS],
      ['forward', HOUR_MS],
    ]) {
      it(`${how} by an hour changes no estimate over ${protocol}, and costs no byte`, async (t) => {
        const { place, upload } = await begin(t, protocol);
        await setClock(place, wrongBy);
        assert.deepEqual(await upload.outcome(), { ok: true });
        const rates = await place.page.evaluate(() => window.rates);
        assert.ok(rates.some(([speed]) => speed > 0));
        for (const [speed, eta] of rates) {
          assert.ok(speed >= 0 && speed < FASTEST, `${speed} bytes per second`);
          assert.ok(eta === null || (eta >= 0 && eta < LONGEST_ETA), `${eta} seconds`);
        }
        const said = (await upload.said()).map(({ state }) => state);
        assert.ok(!said.includes('retrying'), 'nothing was lost');
      });
    }
  }

  it('back by an hour makes no wait longer', async (t) => {
    const { place, upload } = await begin(t, 'resumable', { retry: { delays: [2000] } });
    place.relay.refuse = true;
    place.relay.cut();
    await upload.until('waiting for the next attempt', (o) => o.state === 'retrying');
    await setClock(place, -HOUR_MS);
    place.relay.refuse = false;
    place.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    assert.deepEqual(await upload.outcome(), { ok: true });
  });
});

import { once } from 'node:events';
import { table } from '../scripts/lib/sizes.js';
import { openPage } from '../tests/support/browser.js';
import { Relay } from '../tests/support/relay.js';
import { median } from './median.js';
import { withStage } from './stage.js';

const PAGES = { plain: 'first-plain.html', incoming: 'first-incoming.html' };

/** From the navigation to the first byte of a file on the wire, with an empty cache. */
export function measure(rounds) {
  return withStage(async (stage) => {
    const results = { plain: [], incoming: [] };
    for (const way of Object.keys(PAGES)) await firstByte(stage, way);
    for (let round = 0; round < rounds * 2; round += 1) {
      for (const way of Object.keys(PAGES)) results[way].push(await firstByte(stage, way));
    }
    const base = median(results.plain);
    const rows = Object.entries(results).map(([way, all]) => {
      const ms = median(all);
      return [way, ms.toFixed(0), `+${(ms - base).toFixed(0)}`, (ms / base).toFixed(2)];
    });
    const head = ['page', 'ms (median)', 'difference', 'ratio'];
    return `Navigation to first upload byte, ${rounds * 2} rounds\n\n${table(head, rows)}`;
  });
}

/** Milliseconds of one way, in a page of its own. */
export async function firstByte({ server, app, browser }, way) {
  const cleanups = [];
  const relay = await Relay.start({ after: (cleanup) => cleanups.push(cleanup) }, server.port);
  const seen = new EventTarget();
  relay.onUp = (data, connection) => {
    if (connection.bytesSent > 0 || data.subarray(0, 4).equals(PUT))
      seen.dispatchEvent(new Event('byte'));
  };
  const at = once(seen, 'byte').then(() => performance.timeOrigin + performance.now());
  const page = await openPage(
    browser,
    `http://${relay.host}/${PAGES[way]}?${await app.newTicket()}`,
  );
  const ms = (await at) - (await page.evaluate(() => performance.timeOrigin));
  await page.context().close();
  for (const cleanup of cleanups) cleanup();
  return ms;
}

const PUT = Buffer.from('PUT ');

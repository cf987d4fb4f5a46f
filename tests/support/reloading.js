import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIALECTS } from './dialects.js';
import { Site } from './site.js';
import { Stage } from './stage.js';
import { Upload } from './upload.js';
import { until } from './wait.js';

const MIB = 1024 * 1024;
export const SIZE = 6 * MIB + 11;
export const CHUNK = 256 * 1024;
const TIME = new Date('2026-01-02T03:04:05Z');

/** The protocols whose uploads go on after a reload. */
export const RESUMING = ['incoming', 'resumable', 'flow', 'fineuploader', 'robusto'];

/** A page, a server and a relay between them, for uploads that outlive the page. */
export class Reloading {
  static async open(t, browser, protocol) {
    const reloading = new Reloading();
    reloading.protocol = protocol;
    reloading.dialect = DIALECTS[protocol];
    reloading.place =
      protocol === 'incoming' ? await Stage.set(t, browser) : await Site.open(t, browser);
    reloading.page = reloading.place.page;
    reloading.relay = reloading.place.relay;
    reloading.options = { ...reloading.dialect?.options, chunk_size: CHUNK, resume: true };
    return reloading;
  }

  /** A file whose name, size and time are always the same, with other bytes each time. */
  file() {
    const file = this.place.file('resumed.bin', SIZE);
    utimesSync(file.path, TIME, TIME);
    return file;
  }

  /** Chooses a file and begins to upload it. */
  async start(file, options = {}) {
    const upload = await this.place.upload(file, { ...this.options, ...options });
    await upload.start();
    return upload;
  }

  /** Upload ids that the server takes. */
  ids(count) {
    const ids = Array.from({ length: count }, (_, i) => `${i}${'-upload'.repeat(2)}`);
    if (this.protocol !== 'incoming') return ids;
    return Promise.all(ids.map(() => this.place.app.newTicket()));
  }

  /** Begins an upload whose id comes from a function; `calls` in the page says how often. */
  async makeBy(file, ids) {
    this.relay.bytesPerSecond = 3 * MIB;
    await this.page.setInputFiles('#files', file.path);
    const number = await this.page.evaluate(
      ([ids, options]) => {
        window.calls = 0;
        const name = async () => ids[window.calls++];
        const number = makeUpload(name, 0, options);
        uploads[number].o.start();
        return number;
      },
      [ids, this.options],
    );
    return new Upload(this.page, number, ids[0], file);
  }

  /** An upload of which a part is confirmed, on a line that is slow for now. */
  async underway(file, options) {
    this.relay.bytesPerSecond = 3 * MIB;
    const upload = await this.start(file, options);
    await upload.underway();
    return upload;
  }

  /** Loads the page again; returns what the old one saw last of its upload. */
  async reload(upload) {
    const seen = await upload.look();
    await this.page.reload();
    await this.ready(this.page);
    return seen;
  }

  /** Goes on in another tab of the same browser; returns the page that it leaves. */
  async otherTab() {
    const before = this.page;
    this.page = await before.context().newPage();
    this.page.problems = [];
    await this.page.goto(before.url());
    await this.ready(this.page);
    this.place.page = this.page;
    return before;
  }

  async ready(page) {
    await page.waitForFunction(() => typeof window.files === 'function' && window.incoming);
    await page.evaluate((host) => incoming.set_server_hostname(host), this.relay.host);
  }

  async finish(upload) {
    this.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    assert.deepEqual(await upload.outcome(), { ok: true });
  }

  pending() {
    return this.page.evaluate(async () => JSON.parse(JSON.stringify(await incoming.pending())));
  }

  /** The texts that the browser keeps. */
  kept() {
    return this.page.evaluate(() => Object.entries(localStorage));
  }

  /** Bytes of files that went up from this moment on, `performance.now()`. */
  bytesSince(moment) {
    if (this.protocol === 'incoming') return this.relay.bytesSent - moment.bytes;
    const later = this.relay.requests(this.dialect.path).filter(({ at }) => at > moment.at);
    return later.reduce((sum, exchange) => sum + sizeOf(exchange), 0);
  }

  /** Waits until nothing that was sent before comes any more. */
  async quiet() {
    this.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    let seen = -1;
    await until('the line is quiet', async () => {
      const before = seen;
      const { connections } = this.relay;
      const count = ({ exchanges, fromClient }) => exchanges.length + fromClient.length;
      seen = connections.reduce((sum, connection) => sum + count(connection), 0);
      await sleep(300);
      return seen === before;
    });
  }

  moment() {
    return { at: performance.now(), bytes: this.relay.bytesSent };
  }

  /** Asserts that the file has arrived whole and once. */
  async assertArrived(file, ticket) {
    assert.deepEqual(this.page.problems, []);
    if (this.protocol !== 'incoming') return this.place.assertArrived(this.dialect.noted, file);
    assert.equal((await this.place.app.told(ticket)).md5, file.md5);
  }
}

function sizeOf({ method, fields }) {
  if (method !== 'POST') return 0;
  const { resumableCurrentChunkSize, flowCurrentChunkSize, qqchunksize, chunk } = fields;
  if (chunk !== undefined) return Math.min(CHUNK, SIZE - chunk * CHUNK);
  return Number(resumableCurrentChunkSize ?? flowCurrentChunkSize ?? qqchunksize ?? 0);
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { Reloading, SIZE } from '../../support/reloading.js';
import { until } from '../../support/wait.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('What is kept of an upload', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  /** Changes the one text that is kept. */
  async function change(r, edit) {
    const [[name, text]] = await r.kept();
    await r.page.evaluate(([name, text]) => localStorage.setItem(name, text), [name, edit(text)]);
  }

  /** As if it had been kept so many days ago. */
  function age(r, days) {
    const updated = Date.now() - days * DAY_MS;
    return change(r, (text) => JSON.stringify({ ...JSON.parse(text), updated }));
  }

  async function left(t, options) {
    const r = await Reloading.open(t, browser, 'resumable');
    const file = r.file();
    const upload = await r.underway(file, options);
    await r.reload(upload);
    return { r, file };
  }

  async function assertStartsOver({ r, file }) {
    const before = r.moment();
    const upload = await r.start(file);
    await r.finish(upload);
    // The server may have answered that it has the chunks, but nobody asked it.
    assert.ok(r.bytesSince(before) >= SIZE);
    await r.assertArrived(file);
  }

  it('is one small text without a secret', async (t) => {
    const r = await Reloading.open(t, browser, 'resumable');
    await r.start(r.file(), {
      endpoint: `http://user:word@${r.relay.host}/resumable?token=hidden#hidden`,
      headers: { Authorization: 'Bearer hidden' },
      params: { session: 'hidden' },
    });
    const [[name, text], ...others] = await until('it is kept', async () => {
      const kept = await r.kept();
      return kept.length > 0 && kept;
    });
    assert.deepEqual(others, []);
    assert.ok(name.length + text.length < 1000, `${name} ${text}`);
    assert.doesNotMatch(name + text, /user|word|token|hidden|Bearer|session/);
  });

  it('expires after seven days', async (t) => {
    const it = await left(t);
    await age(it.r, 6.9);
    assert.equal((await it.r.pending()).length, 1);
    await age(it.r, 7.1);
    assert.deepEqual([await it.r.pending(), await it.r.kept()], [[], []]);
    await assertStartsOver(it);
  });

  it('expires when the page wants it', async (t) => {
    const it = await left(t, { resume_days: 30 });
    await age(it.r, 29);
    assert.equal((await it.r.pending()).length, 1);
    await age(it.r, 31);
    assert.deepEqual(await it.r.pending(), []);
  });

  const damage = (index, value) => (text) => {
    const entry = JSON.parse(text);
    entry.checkpoint[index] = value;
    return JSON.stringify(entry);
  };
  for (const [what, how] of [
    ['cut off', (text) => text.slice(0, 40)],
    ['no JSON', () => 'nonsense'],
    ['null', () => 'null'],
    ['of another version', damage(1, 2)],
    ['without an id', damage(0, '')],
    ['without numbers', damage(2, null)],
  ]) {
    it(`is ignored and removed when it is ${what}`, async (t) => {
      const it = await left(t);
      await change(it.r, how);
      assert.deepEqual([await it.r.pending(), await it.r.kept()], [[], []]);
      await assertStartsOver(it);
    });
  }

  for (const [what, prepare] of [
    [
      'full',
      "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }",
    ],
    [
      'forbidden',
      "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError') } })",
    ],
    [
      'forbidden, and handles with it',
      "Object.defineProperty(window, 'indexedDB', { value: null })",
    ],
    ['there, but no locks are', "Object.defineProperty(navigator, 'locks', { value: undefined })"],
  ]) {
    it(`is no reason to fail where storage is ${what}`, async (t) => {
      const r = await Reloading.open(t, browser, 'resumable');
      await r.page.addInitScript(prepare);
      await r.page.reload();
      await r.ready(r.page);
      const file = r.file();
      const upload = await r.underway(file);
      const keeps = !['full', 'forbidden'].includes(what);
      await until('it says so', async () => (await upload.look()).resumable === keeps);
      await r.finish(upload);
      await r.assertArrived(file);
      assert.deepEqual(await r.pending(), []);
    });
  }

  it('is listed, and forgotten on demand', async (t) => {
    const { r, file } = await left(t);
    const [entry] = await r.pending();
    const { frac_complete, bytes_acked, endpoint } = entry;
    assert.equal(frac_complete, bytes_acked / SIZE);
    assert.deepEqual(
      [entry.filename, entry.protocol, entry.can_open, entry.scope],
      [file.name, 'resumable', false, ''],
    );
    assert.match(endpoint, /^http:\/\/127\.0\.0\.1:\d+\/resumable$/);
    assert.ok(Math.abs(Date.now() - new Date(entry.updated)) < DAY_MS);
    await assert.rejects(
      r.page.evaluate(() => incoming.forget('everything')),
      /incoming\.forget: expected an entry/,
    );
    await r.page.evaluate(async () => incoming.forget((await incoming.pending())[0]));
    assert.deepEqual([await r.pending(), await r.kept()], [[], []]);
  });

  it('is not listed while the upload is under way', async (t) => {
    const { r, file } = await left(t);
    const upload = await r.underway(file);
    assert.deepEqual(await r.pending(), []);
    await upload.call('cancel', 'no');
    await upload.outcome();
    assert.deepEqual([await r.pending(), await r.kept()], [[], []], 'nor after a cancellation');
  });

  it('is not listed nor forgotten while it is under way where there are no locks', async (t) => {
    const r = await Reloading.open(t, browser, 'resumable');
    await r.page.addInitScript("Object.defineProperty(navigator, 'locks', { value: undefined })");
    await r.page.reload();
    await r.ready(r.page);
    await r.underway(r.file());
    await until('it is kept', async () => (await r.kept()).length === 1);
    assert.deepEqual(await r.pending(), []);
    await r.page.evaluate(() => incoming.forget());
    assert.equal((await r.kept()).length, 1);
  });

  it('is removed by a cancellation before the search for it has come to an end', async (t) => {
    const { r, file } = await left(t);
    const upload = await r.place.upload(file, r.options);
    await r.page.evaluate((number) => uploads[number].o.start().cancel('no'), upload.number);
    assert.equal((await upload.outcome()).kind, 'cancelled');
    await until('it is removed', async () => (await r.kept()).length === 0);
  });

  it('stays after a failure that a loss made', async (t) => {
    const r = await Reloading.open(t, browser, 'resumable');
    const upload = await r.underway(r.file(), { retry: { attempts: 0 } });
    r.relay.refuse = true;
    r.relay.cut();
    assert.equal((await upload.outcome()).kind, 'lost');
    await until('it is listed', async () => (await r.pending()).length === 1);
    r.relay.refuse = false;
    await upload.start();
    r.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await upload.until('finished', (o) => o.finished);
    await until('it is removed', async () => (await r.kept()).length === 0);
  });

  it('belongs to its scope', async (t) => {
    const { r, file } = await left(t, { resume_scope: 'one' });
    const upload = await r.underway(file, { resume_scope: 'two', simultaneous: 1 });
    await r.reload(upload);
    const scopes = (await r.pending()).map(({ scope }) => scope);
    assert.deepEqual(scopes.sort(), ['one', 'two']);
  });

  it('has the handle of a file, so that nobody has to choose it again', async (t) => {
    const r = await Reloading.open(t, browser, 'resumable');
    r.relay.bytesPerSecond = 3 * 1024 * 1024;
    const begin = async (name) => {
      const root = await navigator.storage.getDirectory();
      const handle = await root.getFileHandle(name, { create: true });
      const writable = await handle.createWritable();
      const bytes = new Uint8Array(6 * 1024 * 1024).map((_, i) => (i * 31) % 251);
      await writable.write(bytes);
      await writable.close();
      const options = { protocol: 'resumable', chunk_size: 262144, resume: true, handle };
      window.o = incoming.Uploader(null, await handle.getFile(), options).start();
    };
    await r.page.evaluate(begin, 'opened.bin');
    await r.page.waitForFunction(() => o.resumable && o.bytes_acked > 0);
    const acked = await r.page.evaluate(() => o.bytes_acked);
    await r.page.reload();
    await r.ready(r.page);
    const before = r.moment();
    r.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    const sent = await r.page.evaluate(async () => {
      const [entry] = await incoming.pending();
      if (!entry.can_open) throw new Error('it cannot be opened');
      const options = { protocol: 'resumable', chunk_size: 262144, resume: true };
      await incoming.Uploader(null, await entry.open(), options).start().done;
      return entry.bytes_acked;
    });
    assert.ok(sent >= acked);
    assert.ok(r.bytesSince(before) <= 6 * 1024 * 1024 - acked);
    assert.deepEqual(await r.pending(), []);
    const handles = await r.page.evaluate(
      () =>
        new Promise((resolve) => {
          const opening = indexedDB.open('incoming-uploader.handles', 1);
          opening.onsuccess = () => {
            const all = opening.result.transaction('handles').objectStore('handles').getAllKeys();
            all.onsuccess = () => resolve(all.result.length);
          };
        }),
    );
    assert.equal(handles, 0, 'the handle is dropped with the rest');
  });
});

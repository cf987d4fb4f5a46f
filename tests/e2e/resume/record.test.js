import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { Hashing } from '../../support/hashing.js';
import { until } from '../../support/wait.js';

const MIB = 1024 * 1024;
const WHERE = ['resumable', 'http://example.com/resumable', '', 'a/b.bin'];

describe('The record of a file', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  /** A page with a record of its first file, which is chosen. */
  async function open(t, { prepare } = {}) {
    const hashing = await Hashing.open(t, browser, { prepare });
    const file = hashing.file('b.bin', 3 * MIB + 5);
    await make(hashing.page, file);
    return { page: hashing.page, file };
  }

  async function make(page, file) {
    await page.setInputFiles('#files', file.path);
    await page.evaluate(async (where) => {
      const { make } = await import('/pkg/checkpoints.js');
      const digests = import('/pkg/digest.js').then((all) => all.make(incoming.UploadError));
      window.checkpoints = make(() => digests);
      window.record = checkpoints.record(files()[0], where);
    }, WHERE);
  }

  async function otherTab({ page, file }) {
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.waitForFunction(() => window.incoming !== undefined);
    await make(other, file);
    await identify(other);
    return other;
  }

  const identify = (page) => page.evaluate(() => record.identify());
  const kept = (page) => page.evaluate(() => checkpoints.all());
  /** Holds the file; what comes of it is in `told`. */
  const hold = (page) =>
    page.evaluate(() => {
      window.told = [];
      window.stop = new AbortController();
      record.hold(stop.signal, () => told.push('occupied')).then((held) => told.push(held));
    });
  const told = (page, expected) =>
    until(`it tells ${expected}`, async () => {
      return String(await page.evaluate(() => window.told)) === String(expected);
    });

  it('has a key of where it goes and what tells it from others, and the MD5 of that', async (t) => {
    const { page, file } = await open(t);
    const bytes = readFileSync(file.path);
    const time = await page.evaluate(() => files()[0].lastModified);
    const ends = [bytes.subarray(0, MIB), bytes.subarray(-MIB)].map(md5);
    const key = JSON.stringify([...WHERE, file.size, time, ...ends]);
    assert.equal(await identify(page), md5(key));
    assert.equal(await identify(page), md5(key), 'once more');
    assert.equal(await page.evaluate(() => record.write('something')), true);
    assert.deepEqual(await page.evaluate(() => Object.entries(localStorage)), [
      [`incoming.checkpoint.${key}`, 'something'],
    ]);
    assert.deepEqual(await kept(page), [{ key, text: 'something', handle: undefined }]);
  });

  it('is not found of a file that is gone, however often it is asked for', async (t) => {
    const { page, file } = await open(t);
    const isGone = () => page.evaluate(() => record.identify().catch(({ kind }) => kind));
    rmSync(file.path);
    assert.equal(await isGone(), 'file_changed');
    assert.equal(await isGone(), 'file_changed');
  });

  it('keeps a text until it is removed', async (t) => {
    const { page } = await open(t);
    await identify(page);
    const texts = await page.evaluate(() => {
      const none = record.read();
      record.write('one');
      record.write('two');
      const two = record.read();
      record.remove();
      return [none, two, record.read()];
    });
    assert.deepEqual(texts, [null, 'two', null]);
    assert.deepEqual(await kept(page), []);
  });

  it('keeps a handle as long as a text', async (t) => {
    const { page } = await open(t);
    await identify(page);
    await page.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      record.write('text');
      record.keepHandle(await folder.getFileHandle('b.bin', { create: true }));
    });
    const names = () =>
      page.evaluate(async () => (await checkpoints.all()).map(({ handle }) => handle?.name));
    await until('it is kept', async () => String(await names()) === 'b.bin');
    await page.evaluate(async () => checkpoints.remove((await checkpoints.all())[0].key));
    assert.deepEqual(await kept(page), []);
    await page.evaluate(() => record.write('text'));
    assert.deepEqual(await names(), [undefined], 'the handle went with the text');
  });

  it('is held by one tab at a time, which can wait for the other', async (t) => {
    const first = await open(t);
    await identify(first.page);
    const second = await otherTab(first);
    await hold(first.page);
    await told(first.page, [true]);
    await hold(second);
    await told(second, ['occupied']);
    await first.page.evaluate(() => record.letGo());
    await told(second, ['occupied', true]);
  });

  it('is not waited for any more when the signal says so', async (t) => {
    const first = await open(t);
    await identify(first.page);
    const second = await otherTab(first);
    await hold(first.page);
    await told(first.page, [true]);
    await hold(second);
    await told(second, ['occupied']);
    await second.evaluate(() => stop.abort());
    await told(second, ['occupied', false]);
    await first.page.evaluate(() => record.letGo());
    await hold(first.page);
    await told(first.page, [true]);
  });

  it('is neither listed nor removed while another tab holds it', async (t) => {
    const first = await open(t);
    await identify(first.page);
    const second = await otherTab(first);
    await hold(first.page);
    await told(first.page, [true]);
    await first.page.evaluate(() => record.write('text'));
    await second.evaluate(() => record.removeIfFree());
    assert.deepEqual([await kept(first.page), await kept(second)], [[], []]);
    assert.equal(await first.page.evaluate(() => record.read()), 'text');
    await first.page.evaluate(() => record.letGo());
    assert.equal((await kept(second)).length, 1);
    await second.evaluate(() => record.removeIfFree());
    assert.deepEqual(await kept(second), []);
    await hold(first.page);
    await told(first.page, [true]);
  });

  for (const [what, prepare] of [
    ['is forbidden', forbidStorage],
    ['is not there, as in a worker', removeStorage],
  ]) {
    it(`keeps nothing where storage ${what}, and says so`, async (t) => {
      const { page } = await open(t, { prepare });
      await identify(page);
      const said = await page.evaluate(async () => {
        record.remove();
        await record.removeIfFree();
        return [record.write('text'), record.read(), await checkpoints.all()];
      });
      assert.deepEqual(said, [false, null, []]);
    });
  }

  it('can be held at once where there are no locks', async (t) => {
    const prepare = () => Object.defineProperty(navigator, 'locks', { value: undefined });
    const { page } = await open(t, { prepare });
    await identify(page);
    await page.evaluate(() => record.write('text'));
    await hold(page);
    await told(page, [true]);
    assert.deepEqual(await kept(page), []);
    await page.evaluate(() => record.letGo());
    assert.equal((await kept(page)).length, 1);
  });
});

function forbidStorage() {
  const get = () => {
    throw new DOMException('', 'SecurityError');
  };
  Object.defineProperty(window, 'localStorage', { get });
  Object.defineProperty(window, 'indexedDB', { get });
}

function removeStorage() {
  Object.defineProperty(window, 'localStorage', { value: undefined });
  Object.defineProperty(window, 'indexedDB', { value: undefined });
}

function md5(bytes) {
  return createHash('md5').update(bytes).digest('hex');
}

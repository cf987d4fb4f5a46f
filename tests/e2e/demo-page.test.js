import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, openPage } from '../support/browser.js';
import { atEnd } from '../support/cleanup.js';
import { randomFile, temporaryFolder } from '../support/files.js';
import { Relay } from '../support/relay.js';
import { Server } from '../support/server.js';
import { until } from '../support/wait.js';

const MIB = 1024 * 1024;

describe('The demo page', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function open(t, bytesPerSecond = Number.POSITIVE_INFINITY, settings = []) {
    const folder = temporaryFolder(t);
    const args = ['--demo', ...settings];
    const server = await Server.start(t, { storage: `${folder}/storage`, args });
    const relay = await Relay.start(t, server.port);
    relay.bytesPerSecond = bytesPerSecond;
    const page = await openPage(browser, `http://${relay.host}/`);
    atEnd(t, () => page.context().close());
    return { folder, server, relay, page };
  }

  const choose = (page, ...files) =>
    page.setInputFiles(
      '#files',
      files.map((file) => file.path),
    );
  const row = (page, { name }) => page.locator('.upload', { hasText: name });
  const inState = (page, file, state) =>
    row(page, file)
      .and(page.locator(`[data-state="${state}"]`))
      .waitFor({ timeout: 20_000 })
      .catch(async () =>
        assert.fail(`expected ${state}, found ${await row(page, file).textContent()}`),
      );
  const button = (page, file, word) =>
    row(page, file).getByRole('button', { name: `${word} ${file.name}`, exact: true });

  async function assertArrived(page, file) {
    await inState(page, file, 'finished');
    const arrived = page.locator('.arrived', { hasText: file.name });
    await until('the checksum is shown', async () =>
      (await arrived.first().textContent()).includes(file.md5),
    );
  }

  it('takes a file from choosing to its checksum', async (t) => {
    const { folder, page } = await open(t);
    const file = randomFile(folder, 'blåbær ü 文件.bin', 10 * MIB + 7);
    await choose(page, file);
    await assertArrived(page, file);
    assert.equal(await row(page, file).locator('progress').getAttribute('value'), '1');
    assert.match(await page.locator('#news').textContent(), /blåbær ü 文件.bin: Arrived/);
    assert.deepEqual(page.problems, []);
  });

  it('takes files that are dropped anywhere on it', async (t) => {
    const { page } = await open(t);
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['abc'], 'dropped.txt'));
      const options = { dataTransfer, bubbles: true, cancelable: true };
      for (const kind of ['dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(kind, options));
    });
    const md5 = '900150983cd24fb0d6963f7d28e17f72';
    await assertArrived(page, { name: 'dropped.txt', md5 });
  });

  it('takes more files than it sends at a time', async (t) => {
    const { folder, page } = await open(t);
    const files = Array.from({ length: 8 }, (_, i) => randomFile(folder, `many-${i}.bin`, 100_000));
    await choose(page, ...files);
    for (const file of files) await assertArrived(page, file);
  });

  it('can be used with the keyboard alone', async (t) => {
    const { folder, page, relay } = await open(t, 2 * MIB);
    const file = randomFile(folder, 'keys.bin', 32 * MIB);
    await choose(page, file);
    await inState(page, file, 'uploading');
    await page.locator('#files').focus();
    await page.keyboard.press('Tab');
    await assertFocused(page, 'Pause keys.bin');
    await page.keyboard.press('Enter');
    await inState(page, file, 'paused');
    await assertFocused(page, 'Resume keys.bin');
    await page.keyboard.press('Space');
    await inState(page, file, 'uploading');
    await page.keyboard.press('Tab');
    await assertFocused(page, 'Cancel keys.bin');
    await page.keyboard.press('Enter');
    await inState(page, file, 'cancelled');
    await assertFocused(page, 'Retry keys.bin');
    relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await page.keyboard.press('Enter');
    await assertArrived(page, file);
  });

  it('says that the connection is lost, and goes on when it is back', async (t) => {
    const { folder, page, relay } = await open(t, 2 * MIB);
    const file = randomFile(folder, 'lost.bin', 32 * MIB);
    await choose(page, file);
    await inState(page, file, 'uploading');
    relay.refuse = true;
    relay.cut();
    await inState(page, file, 'reconnecting');
    assert.match(await row(page, file).textContent(), /Connection lost, trying again/);
    relay.refuse = false;
    relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await assertArrived(page, file);
  });

  it('cancels a file that waits for its turn', async (t) => {
    const { folder, page, relay } = await open(t, 2 * MIB);
    const names = ['a.bin', 'b.bin', 'c.bin', 'waiting.bin'];
    const files = names.map((name) => randomFile(folder, name, 4 * MIB));
    await choose(page, ...files);
    await button(page, files[3], 'Cancel').click();
    await inState(page, files[3], 'cancelled');
    relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    for (const file of files.slice(0, 3)) await assertArrived(page, file);
    await button(page, files[3], 'Remove').click();
    assert.equal(await page.locator('.upload').count(), 3);
  });

  it('names a failure and offers to try again', async (t) => {
    const { folder, page } = await open(t, undefined, ['--max-file-size', '999']);
    const file = randomFile(folder, 'failing.bin', 1000);
    await choose(page, file);
    await inState(page, file, 'failed');
    assert.match(await row(page, file).textContent(), /Failed: /);
    assert.ok(await button(page, file, 'Retry').isVisible());
  });

  it('waits for a server that is away, and goes on when it is back', async (t) => {
    const { folder, page, server } = await open(t);
    const file = randomFile(folder, 'waiting.bin', 1000);
    await page.evaluate(async () => (await import('/pkg/index.js')).pending());
    await server.kill();
    await choose(page, file);
    await inState(page, file, 'connecting');
    await server.start();
    await assertArrived(page, file);
  });

  async function leftUnfinished(t) {
    const opened = await open(t, 4 * MIB);
    const { folder, page, relay } = opened;
    const file = randomFile(folder, 'left.bin', 16 * MIB);
    await choose(page, file);
    await inState(page, file, 'uploading');
    await until('a part is there', () => relay.bytesSent > 3 * MIB);
    await page.reload();
    const pending = page.locator('.pending', { hasText: file.name });
    await pending.waitFor();
    return { ...opened, file, pending };
  }

  it('offers what an earlier page has left, and goes on when the file is chosen again', async (t) => {
    const { page, relay, file, pending } = await leftUnfinished(t);
    assert.match(await pending.textContent(), /Not finished: choose it again/);
    const sent = relay.bytesSent;
    relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await choose(page, file);
    await assertArrived(page, file);
    assert.ok(relay.bytesSent - sent < file.size, 'what was there is not sent again');
    assert.equal(await pending.count(), 0);
    await page.reload();
    await page.locator('.arrived', { hasText: file.name }).waitFor();
    assert.equal(await pending.count(), 0);
    assert.deepEqual(page.problems, []);
  });

  it('resumes with one click where it has a handle of the file', async (t) => {
    const { page, relay } = await open(t, 4 * MIB);
    const file = { name: 'handle.bin' };
    await page.evaluate(async (name) => {
      const root = await navigator.storage.getDirectory();
      const handle = await root.getFileHandle(name, { create: true });
      const writable = await handle.createWritable();
      await writable.write(new Uint8Array(16 * 1024 * 1024).fill(7));
      await writable.close();
      window.showOpenFilePicker = async () => [handle];
    }, file.name);
    await page.locator('#files').dispatchEvent('click');
    await inState(page, file, 'uploading');
    await until('a part is there', () => relay.bytesSent > 3 * MIB);
    await page.reload();
    relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await page.getByRole('button', { name: 'Resume handle.bin' }).click();
    await inState(page, file, 'finished');
  });

  it('forgets what an earlier page has left', async (t) => {
    const { page, file, pending } = await leftUnfinished(t);
    await page.getByRole('button', { name: `Forget ${file.name}` }).click();
    await pending.waitFor({ state: 'detached' });
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  });

  async function assertFocused(page, name) {
    await until(`${name} has the focus`, () =>
      page.evaluate((name) => document.activeElement.ariaLabel === name, name),
    );
  }
});

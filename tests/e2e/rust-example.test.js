import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildExample } from '../../scripts/lib/example.js';
import { launch, openPage } from '../support/browser.js';
import { atEnd } from '../support/cleanup.js';
import { randomFile, temporaryFolder } from '../support/files.js';
import { Relay } from '../support/relay.js';
import { Server } from '../support/server.js';
import { until } from '../support/wait.js';

const MIB = 1024 * 1024;

/** The example's page, served by a server that takes its uploads. */
class Example {
  static async open(t, browser, www) {
    const example = new Example();
    example.folder = temporaryFolder(t);
    const storage = path.join(example.folder, 'storage');
    example.server = await Server.start(t, { storage, args: ['--demo', '--www', www] });
    example.relay = await Relay.start(t, example.server.port);
    example.page = await openPage(browser, `http://${example.relay.host}`);
    atEnd(t, () => example.page.context().close());
    return example;
  }

  file(name, size) {
    return randomFile(this.folder, name, size);
  }

  async choose(protocol, file) {
    await this.page.waitForSelector('#file:enabled');
    await this.page.selectOption('#protocol', protocol);
    await this.page.setInputFiles('#file', file.path);
  }

  state() {
    return this.page.textContent('#state');
  }

  async until(words) {
    let said;
    const says = async () => {
      said = await this.state();
      return said.includes(words);
    };
    await until(`the page says ${words}`, says).catch((error) => {
      throw new Error(`${error.message}; it says: ${said}`);
    });
  }

  /** Waits until a part of the file has arrived and a part has not. */
  underway() {
    return until('the upload is under way', async () => {
      const fraction = await this.page.$eval('#progress', ({ value }) => value);
      return fraction > 0 && fraction < 1;
    });
  }

  /** Asserts that the file has arrived, once and whole, and nothing else. */
  async assertArrived({ name, size, md5 }) {
    const url = `${this.server.url}/demo/files`;
    const arrived = await until('the server has hashed everything', async () => {
      const files = await (await fetch(url)).json();
      return files.every(({ state }) => state !== 'hashing') && files;
    });
    assert.deepEqual(
      arrived.map((file) => [file.name, file.size, file.md5]),
      [[name, size, md5]],
    );
    assert.deepEqual(this.page.problems, []);
  }
}

describe('A front end in Rust', () => {
  let browser, www;
  before(async () => {
    www = await buildExample();
    browser = await launch();
  });
  after(() => browser?.close());

  for (const protocol of ['incoming', 'resumable', 'fineuploader']) {
    it(`delivers a file over ${protocol}, compared by MD5`, async (t) => {
      const example = await Example.open(t, browser, www);
      const file = example.file('blåbær.bin', 5 * MIB + 7);
      await example.choose(protocol, file);
      await example.until('delivered');
      assert.equal(await example.page.$eval('#progress', ({ value }) => value), 1);
      await example.assertArrived(file);
    });

    it(`pauses and goes on over ${protocol}`, async (t) => {
      const example = await Example.open(t, browser, www);
      example.relay.bytesPerSecond = MIB;
      const file = example.file('paused.bin', 8 * MIB);
      await example.choose(protocol, file);
      await example.underway();
      await example.page.click('#pause');
      await example.until('paused');
      assert.equal(await example.page.textContent('#pause'), 'Go on');
      example.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
      await example.page.click('#pause');
      await example.until('delivered');
      await example.assertArrived(file);
    });
  }

  it('goes on after a reload', async (t) => {
    const example = await Example.open(t, browser, www);
    example.relay.bytesPerSecond = MIB;
    const file = example.file('reloaded.bin', 12 * MIB);
    await example.choose('resumable', file);
    await example.underway();
    await example.page.reload();
    example.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await example.choose('resumable', file);
    await example.until('delivered');
    await example.assertArrived(file);
    const again = example.relay.bytesSent - file.size;
    assert.ok(again <= 4 * MIB, `${again} bytes were sent again: more than was on its way`);
  });

  it('tells the server of a cancellation', async (t) => {
    const example = await Example.open(t, browser, www);
    // Much more than what is buffered on the way, behind which a cancellation waits.
    example.relay.bytesPerSecond = 8 * MIB;
    await example.choose('incoming', example.file('cancelled.bin', 64 * MIB));
    await example.underway();
    await example.page.click('#cancel');
    await example.until('cancelled: nobody needs it');
    assert.ok(await example.page.isDisabled('#pause'));
    const files = await (await fetch(`${example.server.url}/demo/files`)).json();
    assert.deepEqual(files, []);
  });
});

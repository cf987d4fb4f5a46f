import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPage } from './browser.js';
import { atEnd } from './cleanup.js';
import { md5Of, randomFile, temporaryFolder } from './files.js';
import { Gateway } from './gateway.js';
import { Relay } from './relay.js';
import { Server } from './server.js';
import { Upload } from './upload.js';

const PAGE = fileURLToPath(new URL('../e2e/page', import.meta.url));

/**
 * A server whose own page uploads to it, through a relay, and with `gateway` through one that answers
 * what the test wants. Gone when the test is over.
 */
export class Site {
  static async open(t, browser, { www = PAGE, args = [], gateway = false } = {}) {
    const site = new Site();
    site.browser = browser;
    site.folder = temporaryFolder(t);
    site.arrivals = path.join(site.folder, 'arrivals');
    const own = ['--demo', '--www', www, '--arrivals', site.arrivals];
    const storage = path.join(site.folder, 'storage');
    site.server = await Server.start(t, { storage, args: [...own, ...args] });
    site.relay = await Relay.start(t, site.server.port);
    if (gateway) site.gateway = await Gateway.start(t, site.relay.port);
    site.url = gateway ? site.gateway.url : `http://${site.relay.host}`;
    site.page = await site.openPage(t, site.url);
    return site;
  }

  /** A page of its own profile that has everything the tests use. */
  async openPage(t, url) {
    const page = await openPage(this.browser, url);
    atEnd(t, () => page.context().close());
    // Until the script has run, this is the element of that id.
    await page.waitForFunction(() => typeof window.files === 'function');
    return page;
  }

  file(name, size) {
    return randomFile(this.folder, name, size);
  }

  choose(...files) {
    return this.page.setInputFiles(
      '#files',
      files.map((file) => file.path),
    );
  }

  /** Uploads of our own client, not started yet. */
  async uploads(files, options) {
    await this.choose(...files);
    return Promise.all(files.map((file, number) => this.#make(file, number, options)));
  }

  async upload(file, options) {
    const [upload] = await this.uploads([file], options);
    return upload;
  }

  /** Uploads a file; returns the upload, when it is over, and how it ended. */
  async send(file, options) {
    const upload = await this.upload(file, options);
    await upload.start();
    return { upload, outcome: await upload.outcome() };
  }

  /** An upload that a function in the page makes, which returns its number. */
  async uploadMadeBy(file, make, argument) {
    await this.choose(file);
    return new Upload(this.page, await this.page.evaluate(make, argument), null, file);
  }

  /** What has arrived: name, size, protocol and MD5 of each file. */
  arrived() {
    const names = readdirSync(this.arrivals).filter((name) => name.endsWith('.json'));
    const files = names.map((name) => path.join(this.arrivals, path.parse(name).name));
    return Promise.all(files.filter((file) => existsSync(file)).map(describe));
  }

  /** Asserts that these files have arrived, each once and whole, and nothing else. */
  async assertArrived(protocol, ...files) {
    const expected = files.map(({ name, size, md5 }) => ({ name, size, protocol, md5 }));
    assert.deepEqual(sorted(await this.arrived()), sorted(expected));
    assert.deepEqual(this.page.problems, []);
  }

  /** Asserts that this file has arrived once and whole, whatever else has. */
  async assertHas(file) {
    const found = (await this.arrived()).filter(({ name }) => name === file.name);
    assert.deepEqual(
      found.map(({ md5 }) => md5),
      [file.md5],
    );
  }

  async #make(file, fileNumber, options) {
    const number = await this.page.evaluate(
      ([fileNumber, options]) => makeUpload(null, fileNumber, options),
      [fileNumber, options],
    );
    return new Upload(this.page, number, null, file);
  }
}

async function describe(file) {
  const { name, size, protocol } = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
  assert.equal(statSync(file).size, size, 'the document tells the size');
  return { name, size, protocol, md5: await md5Of(file) };
}

function sorted(files) {
  return files.toSorted((a, b) => (a.md5 < b.md5 ? -1 : 1));
}

import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, STRICT_POLICY } from './app.js';
import { openPage } from './browser.js';
import { atEnd } from './cleanup.js';
import { randomFile, temporaryFolder } from './files.js';

const PAGE = fileURLToPath(new URL('../e2e/page', import.meta.url));

/** A page that can hash, and files for it. Gone when the test is over. */
export class Hashing {
  /** `prepare` is a script that runs before those of the page. */
  static async open(t, browser, { policy = STRICT_POLICY, prepare } = {}) {
    const hashing = new Hashing();
    hashing.folder = temporaryFolder(t);
    const app = await App.start(t, { server: null, folders: { '': PAGE }, policy });
    hashing.page = await openPage(browser, prepare ? 'about:blank' : app.url);
    atEnd(t, () => hashing.page.context().close());
    if (prepare) {
      await hashing.page.addInitScript(prepare);
      await hashing.page.goto(app.url);
    }
    await hashing.page.waitForFunction(() => window.incoming !== undefined);
    return hashing;
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

  /** What a function of the package returns for each file, all at once. */
  async call(name, files, ...args) {
    await this.choose(...files);
    return this.page.evaluate(
      ([name, args]) => Promise.all(files().map((file) => incoming[name](file, ...args))),
      [name, args],
    );
  }
}

/** The MD5 of each chunk; an empty file is one empty chunk. */
export function chunksOf(file, size) {
  const bytes = readFileSync(file.path);
  const count = Math.max(1, Math.ceil(bytes.length / size));
  return Array.from({ length: count }, (_, i) => md5(bytes.subarray(i * size, (i + 1) * size)));
}

/** A file of zeros that needs no room on the disk. */
export function sparseFile(folder, name, size) {
  const file = path.join(folder, name);
  closeSync(openSync(file, 'w'));
  truncateSync(file, size);
  return { path: file, name, size };
}

function md5(bytes) {
  return createHash('md5').update(bytes).digest('hex');
}

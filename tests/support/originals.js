import assert from 'node:assert/strict';
import { copyFileSync, cpSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/lib/paths.js';
import { temporaryFolder } from './files.js';
import { Site } from './site.js';
import { until } from './wait.js';

const PAGE = fileURLToPath(new URL('../e2e/originals/page', import.meta.url));
const SCRIPTS = [
  'resumablejs/resumable.js',
  '@flowjs/flow.js/dist/flow.js',
  'fine-uploader/fine-uploader/fine-uploader.core.js',
  'spark-md5/spark-md5.js',
];
const MIB = 1024 * 1024;

/**
 * The original clients: their options for our server, the path of the requests, the name under which
 * files are noted, and the size of a chunk.
 */
export const ORIGINALS = {
  resumable: {
    options: { target: '/resumable', minFileSize: 0 },
    path: '/resumable',
    noted: 'resumable',
    chunk: MIB,
  },
  flow: { options: { target: '/resumable' }, path: '/resumable', noted: 'resumable', chunk: MIB },
  fineuploader: {
    options: {
      request: { endpoint: '/fineuploader' },
      chunking: { enabled: true },
      validation: { allowEmpty: true },
    },
    path: '/fineuploader',
    noted: 'fineuploader',
    chunk: 2_000_000,
  },
};

/** Not shipped as a package, and made again for the tests. */
const REMADE = { robusto: { options: { target: '/robusto' }, path: '/robusto', noted: 'robusto' } };

/** A folder with a page that has the clients as their packages ship them. */
export function originalsPage(t) {
  const folder = temporaryFolder(t);
  cpSync(PAGE, folder, { recursive: true });
  copyOriginals(folder);
  return folder;
}

/** Puts the clients as their packages ship them into a folder. */
export function copyOriginals(folder) {
  for (const script of SCRIPTS) {
    copyFileSync(path.join(root, 'node_modules', script), path.join(folder, path.basename(script)));
  }
}

/** A page with an original client, and the server that it uploads to. */
export class Original {
  static async open(t, browser, library, { args = [] } = {}) {
    const original = new Original();
    Object.assign(original, { ...ORIGINALS, ...REMADE }[library], { library });
    original.site = await Site.open(t, browser, { www: originalsPage(t), args });
    original.page = original.site.page;
    return original;
  }

  /** Chooses files and begins to upload them. */
  async begin(files, options = {}) {
    this.files = files;
    await this.page.setInputFiles(
      '#files',
      files.map((file) => file.path),
    );
    await this.page.evaluate(
      ([library, options]) => begin(library, options),
      [this.library, { ...this.options, ...options }],
    );
  }

  log() {
    return this.page.evaluate(() => window.log);
  }

  /** Waits until the client has uploaded all files, without any error. */
  async finish() {
    const log = await until('the client is through', async () => {
      const log = await this.log();
      return log.succeeded.length + log.failed.length >= this.files.length && log;
    });
    assert.deepEqual(log.failed, []);
    assert.deepEqual(
      log.succeeded.map(([name]) => name).sort(),
      this.files.map(({ name }) => name).sort(),
    );
    return log;
  }

  /** Waits until some chunks were confirmed. */
  async underway() {
    await until('some chunks are confirmed', async () => (await this.log()).chunks >= 2);
  }

  /** Asserts that these files have arrived, or else those of the last upload. */
  assertArrived(...files) {
    return this.site.assertArrived(this.noted, ...(files.length > 0 ? files : this.files));
  }

  assertNothingArrived() {
    return this.site.assertArrived(this.noted);
  }

  /** The requests that carried bytes. */
  sent() {
    return this.site.relay.requests(this.path).filter(({ method }) => method === 'POST');
  }
}

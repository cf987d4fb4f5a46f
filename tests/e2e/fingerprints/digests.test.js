import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { atEnd } from '../../support/cleanup.js';
import { md5Of } from '../../support/files.js';
import { chunksOf, Hashing, sparseFile } from '../../support/hashing.js';

const MIB = 1024 * 1024;
const SIZES = [0, 1, 55, 56, 63, 64, 65, MIB - 1, MIB, MIB + 1];

/** What a page lacks, and how: whatever hashes, the digests are the same. */
const PAGES = {
  'A page with a worker': undefined,
  'A page without workers': () => {
    delete globalThis.Worker;
  },
  'A page without readers into buffers': () => {
    const { getReader } = ReadableStream.prototype;
    delete globalThis.Worker;
    ReadableStream.prototype.getReader = function (options) {
      if (options) throw new TypeError('no such mode');
      return getReader.call(this);
    };
  },
  'A page without SIMD': () => {
    WebAssembly.validate = () => false;
  },
};

for (const [name, prepare] of Object.entries(PAGES)) {
  describe(name, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    it('knows the MD5 of files around the borders of blocks', async (t) => {
      const hashing = await Hashing.open(t, browser, { prepare });
      const files = SIZES.map((size) => hashing.file(`${size}.bin`, size));
      const digests = await hashing.call('fingerprint', files);
      assert.deepEqual(
        digests,
        files.map(({ md5 }) => md5),
      );
      assert.deepEqual(hashing.page.problems, []);
    });

    it('knows the MD5 of every chunk, whatever its size', async (t) => {
      const hashing = await Hashing.open(t, browser, { prepare });
      const files = [0, 1, 1000, 5 * MIB + 1].map((size) => hashing.file(`${size}.bin`, size));
      for (const size of [777, 65_536, MIB, 2 * MIB + 13, 100 * MIB]) {
        const digests = await hashing.call('fingerprint_chunks', files, size);
        const expected = files.map((file) => chunksOf(file, size));
        assert.deepEqual(digests, expected, `chunks of ${size} bytes`);
      }
    });

    it('knows the MD5 of many large files at once', async (t) => {
      const hashing = await Hashing.open(t, browser, { prepare });
      const files = [9, 3, 21, 8, 8, 1, 5, 4, 7, 10, 11].map((mib, i) =>
        hashing.file(`${i}.bin`, mib * MIB + i),
      );
      const digests = await hashing.call('fingerprint', files);
      assert.deepEqual(
        digests,
        files.map(({ md5 }) => md5),
      );
    });
  });
}

describe('A file of more than 4 GiB', { skip: !process.env.LONG }, () => {
  it('has its MD5', async (t) => {
    const browser = await launch();
    atEnd(t, () => browser.close());
    const hashing = await Hashing.open(t, browser);
    const file = sparseFile(hashing.folder, 'large.bin', 4096 * MIB + 1);
    assert.deepEqual(await hashing.call('fingerprint', [file]), [await md5Of(file.path)]);
  });
});

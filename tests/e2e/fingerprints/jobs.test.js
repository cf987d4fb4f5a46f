import assert from 'node:assert/strict';
import { appendFileSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { chunksOf, Hashing, sparseFile } from '../../support/hashing.js';
import { until } from '../../support/wait.js';

const MIB = 1024 * 1024;
const LARGE = 512 * MIB;
const UNREADABLE =
  'UploadError: the file cannot be read: it was changed, moved or deleted after it was chosen, ' +
  'or it is a folder';

describe('A fingerprint', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('is made in one worker for all, which is there only when it is needed', async (t) => {
    const hashing = await Hashing.open(t, browser);
    assert.equal(hashing.page.workers().length, 0);
    const files = ['a', 'b'].map((name) => hashing.file(name, MIB));
    await hashing.call('fingerprint', files);
    await hashing.call('fingerprint_chunks', files, 1000);
    assert.equal(hashing.page.workers().length, 1);
  });

  it('leaves no worker behind when nothing is asked for ten seconds', async (t) => {
    const hashing = await Hashing.open(t, browser);
    await hashing.page.clock.install();
    await hashing.choose(sparseFile(hashing.folder, 'large.bin', LARGE));
    await hashing.page.evaluate(async () => {
      const controller = new AbortController();
      const given = incoming.fingerprint(files()[0], { signal: controller.signal });
      await incoming.fingerprint(new Blob(['abc']));
      controller.abort();
      await given.catch(() => {});
    });
    assert.equal(hashing.page.workers().length, 1);
    await hashing.page.clock.fastForward(11_000);
    await until('the worker is gone', () => hashing.page.workers().length === 0);
    const digest = await hashing.page.evaluate(() => incoming.fingerprint(new Blob(['abc'])));
    assert.equal(digest, '900150983cd24fb0d6963f7d28e17f72');
  });

  it('tells its progress, which never goes back and ends at all bytes', async (t) => {
    const hashing = await Hashing.open(t, browser);
    const file = sparseFile(hashing.folder, 'large.bin', LARGE);
    await hashing.choose(file);
    const told = await hashing.page.evaluate(async () => {
      const told = [];
      await incoming.fingerprint(files()[0], { onprogress: (progress) => told.push(progress) });
      return told;
    });
    assert.ok(told.length > 1, 'it is told before the end');
    for (const [i, { bytes_done, bytes_total, frac_complete }] of told.entries()) {
      assert.equal(bytes_total, LARGE);
      assert.equal(frac_complete, bytes_done / LARGE);
      assert.ok(i === 0 || bytes_done >= told[i - 1].bytes_done);
    }
    assert.equal(told.at(-1).bytes_done, LARGE);
  });

  it('of an empty file is complete at once', async (t) => {
    const hashing = await Hashing.open(t, browser);
    const told = await hashing.page.evaluate(async () => {
      const told = [];
      const onprogress = (progress) => told.push(progress.frac_complete);
      await incoming.fingerprint(new Blob(), { onprogress });
      return told;
    });
    assert.deepEqual(told, [1]);
  });

  it('is given up with the reason of its signal, and others go on', async (t) => {
    const hashing = await Hashing.open(t, browser);
    const other = hashing.file('other.bin', 3 * MIB);
    await hashing.choose(sparseFile(hashing.folder, 'large.bin', LARGE), other);
    const [reason, digest, early] = await hashing.page.evaluate(async () => {
      const [large, other] = files();
      const { signal, abort } = (() => {
        const controller = new AbortController();
        return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
      })();
      const words = (error) => error.message;
      const given = incoming
        .fingerprint(large, { signal, onprogress: () => abort(new Error('enough')) })
        .catch(words);
      const kept = incoming.fingerprint(other);
      const aborted = { signal: AbortSignal.abort(new Error('too late')) };
      return [await given, await kept, await incoming.fingerprint(large, aborted).catch(words)];
    });
    assert.deepEqual([reason, digest, early], ['enough', other.md5, 'too late']);
  });

  for (const [what, change] of [
    ['grew', (file) => appendFileSync(file.path, 'more')],
    ['was removed', (file) => rmSync(file.path)],
  ]) {
    it(`of a file that ${what} is an error of its own`, async (t) => {
      const hashing = await Hashing.open(t, browser);
      const file = hashing.file('changing.bin', 3 * MIB);
      await hashing.choose(file);
      change(file);
      assert.deepEqual(await failure(hashing), ['file_changed', 7, true]);
    });

    it(`of a file that ${what} meanwhile is an error of its own`, async (t) => {
      const hashing = await Hashing.open(t, browser);
      const file = sparseFile(hashing.folder, 'changing.bin', LARGE);
      await hashing.choose(file);
      const failed = failure(hashing);
      await until('it is under way', () => hashing.page.evaluate(() => window.isUnderWay));
      change(file);
      assert.deepEqual(await failed, ['file_changed', 7, true]);
    });
  }

  it('of a folder, or of what cannot be read, says so in one plain sentence', async (t) => {
    const hashing = await Hashing.open(t, browser);
    const { page, folder } = hashing;
    const gone = hashing.file('gone.bin', MIB);
    const hash = () => page.evaluate(() => incoming.fingerprint(files()[0]).catch(String));
    await chooseFolder(page, folder);
    assert.equal(await hash(), UNREADABLE);
    await hashing.choose(gone);
    rmSync(gone.path);
    assert.equal(await hash(), UNREADABLE);
  });

  function failure({ page }) {
    return page.evaluate(() => {
      const onprogress = ({ frac_complete }) => {
        window.isUnderWay = frac_complete > 0;
      };
      return incoming
        .fingerprint(files()[0], { onprogress })
        .catch((error) => [error.kind, error.code, error instanceof incoming.UploadError]);
    });
  }

  const WRONG = [
    ['fingerprint', ['a.txt'], 'a File or a Blob, found string'],
    ['fingerprint', [null], 'a File or a Blob, found null'],
    ['fingerprint', ['BLOB', 5], 'an object as options, found 5'],
    ['fingerprint', ['BLOB', { onprogress: 'x' }], 'a function as onprogress, found string'],
    ['fingerprint', ['BLOB', { signal: {} }], 'an AbortSignal as signal, found object'],
    ['fingerprint_chunks', ['BLOB'], 'a number of bytes from 1 as chunk_size, found undefined'],
    ['fingerprint_chunks', ['BLOB', 0], 'a number of bytes from 1 as chunk_size, found 0'],
    ['fingerprint_chunks', ['BLOB', 1.5], 'a number of bytes from 1 as chunk_size, found 1.5'],
  ];

  it('of something else says what was expected', async (t) => {
    const { page } = await Hashing.open(t, browser);
    for (const [name, given, expected] of WRONG) {
      const error = await page.evaluate(
        ([name, given]) => {
          const [file, ...others] = given;
          const what = file === 'BLOB' ? new Blob(['x']) : file;
          return incoming[name](what, ...others).catch(String);
        },
        [name, given],
      );
      assert.equal(error, `TypeError: incoming.${name}: expected ${expected}`);
    }
  });
});

/** As if a folder was dropped: a file chooser offers none. */
async function chooseFolder(page, folder) {
  const session = await page.context().newCDPSession(page);
  const { root } = await session.send('DOM.getDocument');
  const { nodeId } = await session.send('DOM.querySelector', {
    nodeId: root.nodeId,
    selector: '#files',
  });
  await session.send('DOM.setFileInputFiles', { files: [folder], nodeId });
}

describe('What the uploader builds on', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function open(t) {
    const hashing = await Hashing.open(t, browser);
    await hashing.page.evaluate(async () => {
      const { make } = await import('/pkg/digest.js');
      window.digests = make(incoming.UploadError).digests;
    });
    return hashing;
  }

  it('hashes many parts of files at once', async (t) => {
    const hashing = await open(t);
    const files = [5 * MIB + 77, 3 * MIB].map((size) => hashing.file(`${size}.bin`, size));
    await hashing.choose(...files);
    const digests = await hashing.page.evaluate(
      (size) =>
        Promise.all(
          files().map((file) => {
            const starts = Array.from({ length: Math.ceil(file.size / size) }, (_, i) => i * size);
            const jobs = starts.map((start) =>
              digests.start(file, { start, end: Math.min(start + size, file.size) }),
            );
            return Promise.all(jobs.map(async ({ done }) => (await done)[0]));
          }),
        ),
      300_001,
    );
    assert.deepEqual(
      digests,
      files.map((file) => chunksOf(file, 300_001)),
    );
  });

  it('forgets what was cancelled', async (t) => {
    const hashing = await open(t);
    const file = hashing.file('kept.bin', MIB);
    await hashing.choose(sparseFile(hashing.folder, 'large.bin', LARGE), file);
    const outcome = await hashing.page.evaluate(async () => {
      const [large, file] = files();
      const jobs = Array.from({ length: 20 }, () => digests.start(large));
      for (const job of jobs) job.cancel('not any more');
      const reasons = await Promise.all(jobs.map(({ done }) => done.catch((reason) => reason)));
      return [...new Set(reasons), ...(await digests.start(file).done)];
    });
    assert.deepEqual(outcome, ['not any more', file.md5]);
  });
});

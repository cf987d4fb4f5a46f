import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { Original } from '../../support/originals.js';
import { until } from '../../support/wait.js';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('The page of Mr. Robusto', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const open = (t, options) => Original.open(t, browser, 'robusto', options);
  const answers = async (original) => (await original.log()).answers;

  /** The client tells of `complete` once for the file, with the last chunk that it sends. */
  async function finish(original) {
    const last = await until('the file is complete', async () =>
      (await answers(original)).find(({ status }) => status === 'complete'),
    );
    assert.deepEqual((await original.log()).failed, []);
    return last;
  }

  const cases = [
    ['a file of one byte', 'one.bin', 1],
    ['a file of exactly a chunk', 'chunk.bin', 16 * KIB],
    ['a file of a chunk and one byte', 'chunk-and-one.bin', 16 * KIB + 1],
    ['a file in chunks of 32 KiB', 'half.bin', 512 * KIB + 1],
    ['a file in chunks of 64 KiB', 'two.bin', 2 * MIB + 7],
    ['a file in chunks of 128 KiB', 'ten.bin', 10 * MIB + 7],
    ['a file with letters from far away in its name', 'blåbær ü 文件.bin', 300_001],
  ];
  for (const [what, name, size] of cases) {
    it(`takes ${what} to our server`, async (t) => {
      const original = await open(t);
      await original.begin([original.site.file(name, size)]);
      await finish(original);
      await original.assertArrived();
    });
  }

  it('is told every chunk in order and where the file is', async (t) => {
    const original = await open(t);
    await original.begin([original.site.file('a <b>.html', 40 * KIB)]);
    const { value } = await finish(original);
    const told = (await answers(original)).slice(0, -1).map(({ status, value }) => [status, value]);
    assert.deepEqual(told, [
      ['new', ''],
      ['partial', '0'],
      ['partial', '0,1'],
    ]);
    const response = await fetch(new URL(value, original.site.url));
    assert.equal(response.headers.get('content-type'), 'application/octet-stream');
    assert.match(response.headers.get('content-disposition'), /^attachment; filename\*=/);
    assert.equal((await response.arrayBuffer()).byteLength, 40 * KIB);
  });

  it('goes on after a stop where it was', async (t) => {
    const original = await open(t);
    original.site.relay.bytesPerSecond = MIB;
    await original.begin([original.site.file('a.bin', 3 * MIB)]);
    await original.underway();
    await original.page.evaluate(() => client.stop());
    original.site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    assert.ok(original.sent().length < 48);
    await original.page.evaluate(() => client.start(files()[0]));
    await finish(original);
    assert.equal(original.sent().length, 48, 'every chunk was sent once');
    await original.assertArrived();
  });

  it('goes on in another page and sends nothing twice', async (t) => {
    const original = await open(t);
    original.site.relay.bytesPerSecond = MIB;
    const file = original.site.file('a.bin', 3 * MIB);
    await original.begin([file]);
    await original.underway();
    await original.page.evaluate(() => client.stop());
    original.site.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await original.page.reload();
    await original.page.waitForFunction(() => typeof window.files === 'function');
    await original.begin([file]);
    await finish(original);
    assert.equal((await answers(original))[0].status, 'partial');
    assert.equal(original.sent().length, 48, 'every chunk was sent once');
    await original.assertArrived();
  });

  it('sends nothing of a file that is there under another name', async (t) => {
    const original = await open(t);
    const file = original.site.file('a.bin', 100 * KIB);
    await original.begin([file]);
    await finish(original);
    const sent = original.sent().length;
    const other = { ...file, name: 'b.bin', path: path.join(original.site.folder, 'b.bin') };
    copyFileSync(file.path, other.path);
    await original.begin([other]);
    await finish(original);
    assert.equal(original.sent().length, sent);
    await original.assertArrived(file);
  });
});

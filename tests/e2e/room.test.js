import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { DIALECTS } from '../support/dialects.js';
import { Site } from '../support/site.js';
import { Stage } from '../support/stage.js';

const SIZE = 700_000;
const ARGS = ['--max-storage', '1000000'];

describe('When the server has room for one file only', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  /** Both begin at the same time; the one that finds no room waits until the other is gone. */
  async function assertBothArrive(relay, uploads) {
    relay.bytesPerSecond = SIZE;
    for (const upload of uploads) await upload.start();
    for (const upload of uploads) assert.deepEqual(await upload.outcome(), { ok: true });
  }

  it('incoming sends the other when the first is handed over', async (t) => {
    const stage = await Stage.set(t, browser, { args: ARGS });
    const files = [stage.file('a.bin', SIZE), stage.file('b.bin', SIZE)];
    await assertBothArrive(stage.relay, await stage.uploads(files));
    const told = stage.app.handovers.map(({ md5 }) => md5).toSorted();
    assert.deepEqual(told, files.map(({ md5 }) => md5).toSorted());
  });

  for (const protocol of ['resumable', 'fineuploader', 'robusto']) {
    it(`${protocol} sends the other when the first has arrived`, async (t) => {
      const { options } = DIALECTS[protocol];
      const site = await Site.open(t, browser, { args: ARGS });
      const files = [site.file('a.bin', SIZE), site.file('b.bin', SIZE)];
      const small = { ...options, chunk_size: 100_000 };
      await assertBothArrive(site.relay, await site.uploads(files, small));
      const arrived = (await site.arrived()).map(({ md5 }) => md5).toSorted();
      assert.deepEqual(arrived, files.map(({ md5 }) => md5).toSorted());
    });
  }
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { App } from '../../support/app.js';
import { launch } from '../../support/browser.js';
import { Original, originalsPage } from '../../support/originals.js';
import { until } from '../../support/wait.js';

const ENDPOINT = '/fineuploader';

describe('The original fineuploader', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function removeFirst(original) {
    await original.page.evaluate(() => client.deleteFile(0));
    const { deleted } = await until('there is an answer', async () => {
      const log = await original.log();
      return log.deleted !== undefined && log;
    });
    return deleted;
  }

  for (const method of ['DELETE', 'POST']) {
    for (const chunking of [{ enabled: false }, { enabled: true, partSize: 30_000 }]) {
      const how = chunking.enabled ? 'that came in chunks' : 'that came whole';
      const deleteFile = { enabled: true, endpoint: ENDPOINT, method };

      it(`removes a file ${how} with ${method}`, async (t) => {
        const original = await Original.open(t, browser, 'fineuploader');
        const [gone, kept] = [100_000, 100_001].map((size) =>
          original.site.file(`blåbær ü 文件 ${size}.bin`, size),
        );
        await original.begin([gone, kept], { deleteFile, chunking });
        await original.finish();
        await original.assertArrived(gone, kept);
        assert.equal(await removeFirst(original), true);
        await original.assertArrived(kept);
      });
    }

    it(`removes a file of another origin with ${method}`, async (t) => {
      const app = await App.start(t, { folders: { '': originalsPage(t) } });
      const args = ['--cors-origins', app.url];
      const original = await Original.open(t, browser, 'fineuploader', { args });
      original.page = await original.site.openPage(t, app.url);
      const endpoint = original.site.url + ENDPOINT;
      await original.begin([original.site.file('away.bin', 12_345)], {
        request: { endpoint },
        cors: { expected: true },
        deleteFile: { enabled: true, endpoint, method },
      });
      await original.finish();
      await original.assertArrived();
      assert.equal(await removeFirst(original), true);
      await original.assertNothingArrived();
    });
  }

  it('learns in the next session what has arrived', async (t) => {
    const original = await Original.open(t, browser, 'fineuploader');
    const file = original.site.file('blåbær ü 文件.bin', 12_345);
    await original.begin([file]);
    await original.finish();
    await original.page.reload();
    await original.begin([], {
      session: { endpoint: `${ENDPOINT}/session` },
      deleteFile: { enabled: true, endpoint: ENDPOINT },
    });
    const uploads = await until('the list is there', async () => {
      const uploads = await original.page.evaluate(() => client.getUploads());
      return uploads.length > 0 && uploads;
    });
    assert.deepEqual(
      uploads.map(({ name, size }) => [name, size]),
      [[file.name, file.size]],
    );
    assert.equal(await removeFirst(original), true);
    await original.assertNothingArrived();
  });
});

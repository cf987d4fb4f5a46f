import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { App } from '../../support/app.js';
import { launch } from '../../support/browser.js';
import { DIALECTS } from '../../support/dialects.js';
import { Site } from '../../support/site.js';
import { until } from '../../support/wait.js';

const MIB = 1024 * 1024;

for (const [protocol, { noted, options, chunk, path }] of Object.entries(DIALECTS)) {
  describe(`Files over ${protocol}`, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    const cases = [
      ['an empty file', 'empty.bin', 0],
      ['a file of one byte', 'one.bin', 1],
      ['a file of exactly a chunk', 'chunk.bin', chunk],
      ['a file of a chunk and one byte', 'chunk-and-one.bin', chunk + 1],
      ['a file of two chunks less one byte', 'nearly-two.bin', 2 * chunk - 1],
      ['a file of 10 MiB and 7 bytes', 'ten.bin', 10 * MIB + 7],
      ['a file with letters from far away in its name', 'blåbær ü 文件.bin', 12_345],
    ];

    for (const [what, name, size] of cases) {
      it(`takes ${what} to the server`, async (t) => {
        const site = await Site.open(t, browser);
        const upload = await site.upload(site.file(name, size), options);
        await upload.start();
        assert.deepEqual(await upload.outcome(), { ok: true });
        await site.assertArrived(noted, upload.file);
        assertEndState(await upload.look(), upload.file);
        assert.deepEqual(await upload.calls(), ['onfinished']);
        assertSteady(await upload.progress());
      });
    }

    it('takes two files at once, each whole', async (t) => {
      const site = await Site.open(t, browser);
      const files = [site.file('a.bin', 5 * MIB), site.file('b.bin', 4 * MIB + 3)];
      const uploads = await site.uploads(files, options);
      await Promise.all(uploads.map((upload) => upload.start()));
      for (const upload of uploads) assert.deepEqual(await upload.outcome(), { ok: true });
      await site.assertArrived(noted, ...files);
    });

    it('takes a file in smaller chunks to the server', async (t) => {
      const site = await Site.open(t, browser);
      const file = site.file('small-chunks.bin', 100_000);
      const upload = await site.upload(file, { ...options, chunk_size: 30_000 });
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
      await site.assertArrived(noted, file);
      const sent = site.relay.connections.flatMap(({ fromClient }) => fromClient);
      const chunks = sent.filter(({ bytes }) => bytes > 0).length;
      assert.ok(chunks + site.relay.requests(path).length >= 3, 'there are several chunks');
    });

    it('lets the server tell the application', async (t) => {
      const app = await App.start(t, { folders: {} });
      const args = ['--signal-finish-url', `${app.url}/handover`];
      const site = await Site.open(t, browser, { args });
      const upload = await site.upload(site.file('blåbær ü 文件.bin', 300_000), options);
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
      const told = await until('the application hears of it', () => app.handovers[0]);
      assert.equal(app.handovers.length, 1);
      assert.equal(told.cancelled, 'no');
      assert.equal(told.filenameFromBrowser, upload.file.name);
      assert.equal(told.md5, upload.file.md5);
    });
  });
}

function assertEndState(o, { name, size }) {
  assert.equal(o.filename, name);
  assert.equal(o.bytes_total, size);
  assert.equal(o.bytes_tx, size);
  assert.equal(o.bytes_acked, size);
  assert.equal(o.bytes_ahead, 0);
  assert.equal(o.chunks_ahead, 0);
  assert.equal(o.frac_complete, 1);
  assert.equal(o.finished, true);
  assert.equal(o.can_pause, false);
  assert.equal(o.can_cancel, false);
  assert.equal(o.error_code, null);
}

function assertSteady(progress) {
  assert.equal(progress.at(-1), 1);
  for (const [i, value] of progress.entries()) {
    assert.ok(value >= 0 && value <= 1, `${value} is a fraction`);
    assert.ok(i === 0 || value >= progress[i - 1], 'progress never goes back');
  }
}

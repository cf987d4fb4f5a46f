import assert from 'node:assert/strict';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { Site } from '../support/site.js';
import { Stage } from '../support/stage.js';
import { until } from '../support/wait.js';

const MIB = 1024 * 1024;

describe('A file on disk', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const changes = [
    ['grows', (file) => appendFileSync(file.path, 'more')],
    ['shrinks', (file) => writeFileSync(file.path, 'less')],
    ['is removed', (file) => rmSync(file.path)],
  ];

  for (const [what, change] of changes) {
    it(`that ${what} during the upload is an error of its own`, async (t) => {
      const stage = await Stage.set(t, browser);
      stage.relay.bytesPerSecond = 8 * MIB;
      const upload = await stage.upload(stage.file('changing.bin', 64 * MIB));
      await upload.start();
      await upload.underway();
      change(upload.file);
      await assertFileChanged(upload);
    });

    it(`that ${what} before the start is an error of its own`, async (t) => {
      const stage = await Stage.set(t, browser);
      const upload = await stage.upload(stage.file('changing.bin', 2 * MIB));
      change(upload.file);
      await upload.start();
      await assertFileChanged(upload);
    });
  }

  const overwrite = (file) => writeFileSync(file.path, Buffer.alloc(file.size, 7));

  for (const options of [
    { protocol: 'fineuploader' },
    { protocol: 'fineuploader', transport: 'fetch' },
    { protocol: 'resumable', chunk_size: 64 * MIB },
    { protocol: 'resumable', chunk_size: 64 * MIB, method: 'octet' },
    { protocol: 'flow', chunk_size: 4 * MIB },
  ]) {
    const over = Object.values(options).join(', ');

    it(`that is another one before the start is not sent over ${over}`, async (t) => {
      const site = await Site.open(t, browser);
      const upload = await site.upload(site.file('changing.bin', 2 * MIB), options);
      overwrite(upload.file);
      await upload.start();
      await assertFileChanged(upload);
    });

    it(`that becomes another one while it is sent is not delivered over ${over}`, async (t) => {
      const site = await Site.open(t, browser);
      site.relay.bytesPerSecond = 8 * MIB;
      const upload = await site.upload(site.file('changing.bin', 16 * MIB), options);
      await upload.start();
      await until('bytes are on their way', () => site.relay.bytesUp > MIB);
      overwrite(upload.file);
      await assertFileChanged(upload);
    });
  }

  async function assertFileChanged(upload) {
    const outcome = await upload.outcome();
    assert.equal(outcome.kind, 'file_changed');
    assert.equal(outcome.code, 7);
    const o = await upload.look();
    assert.equal(o.error_kind, 'file_changed');
    assert.equal(o.error_code, 7);
    assert.equal(o.error_msg, outcome.message);
    assert.deepEqual(await upload.calls(), ['onerror']);
  }
});

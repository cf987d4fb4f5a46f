import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { Stage } from '../support/stage.js';

const CHUNK = 512 * 1024;
const MIB = 1024 * 1024;

describe('Files', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const cases = [
    ['an empty file', 'empty.bin', 0],
    ['a file of one byte', 'one.bin', 1],
    ['a file of exactly a chunk', 'chunk.bin', CHUNK],
    ['a file of a chunk and one byte', 'chunk-and-one.bin', CHUNK + 1],
    ['a file of exactly a large chunk', 'large-chunk.bin', 4 * MIB],
    ['a file of a large chunk and one byte', 'large-chunk-and-one.bin', 4 * MIB + 1],
    ['a file of 10 MiB and 7 bytes', 'ten.bin', 10 * MIB + 7],
    ['a file with letters from far away in its name', 'blåbær ü 文件.bin', 12_345],
  ];

  for (const [what, name, size] of cases) {
    it(`takes ${what} to the application`, async (t) => {
      const stage = await Stage.set(t, browser);
      const upload = await stage.upload(stage.file(name, size));
      assert.equal(await upload.start(), true, 'start() returns the uploader');
      assert.deepEqual(await upload.outcome(), { ok: true });
      await assertDelivered(stage, upload);
      assertEndState(await upload.look(), upload.file);
      assert.deepEqual(await upload.calls(), ['onfinished']);
      assertSteady(await upload.progress());
      assert.equal(stage.relay.bytesSent, size, 'every byte is sent once');
      assert.deepEqual(stage.page.problems, []);
    });
  }

  it('takes two files at once, each whole', async (t) => {
    const stage = await Stage.set(t, browser);
    const files = [stage.file('a.bin', 9 * MIB), stage.file('b.bin', 7 * MIB + 3)];
    const uploads = await stage.uploads(files);
    await Promise.all(uploads.map((upload) => upload.start()));
    for (const upload of uploads) {
      assert.deepEqual(await upload.outcome(), { ok: true });
      await assertDelivered(stage, upload);
    }
    assert.equal(stage.relay.connections.length, 2);
  });

  it('respects the chunk size that the page chose', async (t) => {
    const stage = await Stage.set(t, browser);
    const upload = await stage.upload(stage.file('small-chunks.bin', 100_000), {
      chunk_size: 30_000,
    });
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    await assertDelivered(stage, upload);
    const sent = stage.relay.connections[0].fromClient.flatMap(({ bytes }) => bytes ?? []);
    assert.ok(Math.max(...sent) <= 30_000, `sent ${sent}`);
  });
});

async function assertDelivered(stage, upload) {
  const told = await stage.app.told(upload.ticket);
  assert.equal(told.cancelled, 'no');
  assert.equal(told.filenameFromBrowser, upload.file.name);
  assert.equal(told.md5, upload.file.md5);
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
  assert.equal(o.error_msg, null);
}

function assertSteady(progress) {
  assert.equal(progress.at(-1), 1);
  for (const [i, value] of progress.entries()) {
    assert.ok(value >= 0 && value <= 1, `${value} is a fraction`);
    assert.ok(i === 0 || value >= progress[i - 1], 'progress never goes back');
  }
}

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { atEnd } from '../../support/cleanup.js';
import { DIALECTS, OVER_HTTP } from '../../support/dialects.js';
import { Site } from '../../support/site.js';
import { Stage } from '../../support/stage.js';
import { together } from '../../support/suite.js';
import { Upload } from '../../support/upload.js';

const MIB = 1024 * 1024;
/** What a person is told; nothing of a network, and what helps. */
const SENTENCE = /^the file changed or can no longer be read \((it [^;:()]+)\); choose it again$/;
const OPTIONS = {
  incoming: {},
  galileo: { protocol: 'galileo' },
  resumable: {},
  flow: {},
  fineuploader: {},
  'fineuploader in chunks': { protocol: 'fineuploader', chunk_size: 1000 },
  robusto: {},
  'resumable by fetch': { protocol: 'resumable', transport: 'fetch' },
  'resumable that verifies': { protocol: 'resumable', verify: 'chunks' },
  'resumable that resumes': { protocol: 'resumable', resume: true },
  'incoming that verifies': { protocol: 'incoming', verify: 'file' },
  'incoming that resumes': { protocol: 'incoming', resume: true },
};

describe('What cannot be read is one plain sentence', () => {
  const shared = together(async (t, browser) => ({
    incoming: await Stage.set(t, browser),
    other: await Site.open(t, browser),
  }));

  function at(way) {
    const options = { protocol: way, ...OPTIONS[way], retry: { delays: [1] } };
    const place = options.protocol === 'incoming' ? shared.place.incoming : shared.place.other;
    return { options, place };
  }

  async function assertUnreadable(upload) {
    await upload.start();
    await assertEndsUnreadable(upload);
  }

  async function assertEndsUnreadable(upload) {
    const { kind, code, message } = await upload.outcome();
    assert.deepEqual([kind, code], ['file_changed', 7], message);
    assert.match(message, SENTENCE);
    const o = await upload.look();
    assert.deepEqual([o.state, o.error_msg], ['failed', message]);
    const waits = (await upload.said()).filter(({ state_msg }) =>
      /again|over within/.test(state_msg),
    );
    assert.deepEqual(
      waits.filter(({ state }) => state !== 'failed'),
      [],
      'nothing is tried again',
    );
  }

  for (const way of Object.keys(OPTIONS)) {
    it(`over ${way}, of a file that was deleted after it was chosen`, async () => {
      const { options, place } = at(way);
      const file = place.file(`${way}.bin`, 5000);
      const upload = await place.upload(file, options);
      rmSync(file.path);
      await assertUnreadable(upload);
      await assertUnreadableAgain(upload);
    });

    it(`over ${way}, of a file that is changed in the middle`, async (t) => {
      const { options, place } = at(way);
      place.relay.bytesPerSecond = 2 * MIB;
      atEnd(t, () => {
        place.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
      });
      const file = place.file(`${way} in the middle.bin`, 8 * MIB);
      const upload = await place.upload(file, { ...options, chunk_size: MIB / 4 });
      await upload.start();
      await upload.underway();
      writeFileSync(file.path, 'another one');
      await assertEndsUnreadable(upload);
    });

    it(`over ${way}, of a folder that was dropped`, async () => {
      const { options, place } = at(way);
      await assertUnreadable(await dropped(place, `folder of ${way}`, options));
    });
  }

  /** To try again is of no use, and says the same. */
  async function assertUnreadableAgain(upload) {
    const message = await upload.page.evaluate(
      (number) => uploads[number].o.start().done.catch((error) => error.message),
      upload.number,
    );
    assert.match(message, SENTENCE);
  }

  /** An upload of a folder, which the browser hands over as a file. */
  async function dropped(place, name, options) {
    const { page } = place;
    const folder = path.join(place.folder, name);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'inside.txt'), 'inside');
    await page.evaluate(() => {
      window.dropped = [];
      document.ondragover = (event) => event.preventDefault();
      document.ondrop = (event) => {
        event.preventDefault();
        window.dropped = [...event.dataTransfer.files];
      };
    });
    const devtools = await page.context().newCDPSession(page);
    const data = { items: [], files: [folder], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await devtools.send('Input.dispatchDragEvent', { type, x: 10, y: 10, data });
    }
    await page.waitForFunction(() => window.dropped.length > 0);
    const ticket = place.app ? await place.app.newTicket() : null;
    const number = await page.evaluate(
      ([ticket, options]) => {
        const real = window.files;
        window.files = () => window.dropped;
        const number = makeUpload(ticket, 0, options);
        window.files = real;
        return number;
      },
      [ticket, options],
    );
    return new Upload(page, number, ticket, null);
  }

  for (const protocol of ['incoming', ...OVER_HTTP]) {
    it(`is nothing that an empty file is taken for, over ${protocol}`, async () => {
      const { options, place } = at(protocol);
      const file = place.file(`empty ${protocol}.bin`, 0);
      const upload = await place.upload(file, { ...DIALECTS[protocol]?.options, ...options });
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
    });
  }

  it('of a fingerprint as well', async () => {
    const place = shared.place.other;
    const file = place.file('hashed.bin', 5000);
    await place.choose(file);
    rmSync(file.path);
    const { kind, message } = await place.page.evaluate(() =>
      incoming.fingerprint(files()[0]).catch(({ kind, message }) => ({ kind, message })),
    );
    assert.equal(kind, 'file_changed');
    assert.match(message, /^the file cannot be read: /);
  });
});

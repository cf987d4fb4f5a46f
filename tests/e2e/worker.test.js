import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIALECTS } from '../support/dialects.js';
import { Site } from '../support/site.js';
import { Stage } from '../support/stage.js';
import { together } from '../support/suite.js';

const MIB = 1024 * 1024;

describe('In a module worker', () => {
  const shared = together((t, browser) => Site.open(t, browser));
  let files = 0;

  /** Uploads a chosen file there. */
  function send(page, ticket, options) {
    return page.evaluate(
      async ([ticket, options]) => {
        const worker = new Worker('/worker.js', { type: 'module' });
        const next = () =>
          new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = (event) => reject(new Error(`worker: ${event.message}`));
          });
        await next();
        worker.postMessage({ ticket, file: files()[0], options });
        const ended = await next();
        worker.terminate();
        return ended;
      },
      [ticket, options],
    );
  }

  async function choose() {
    files += 1;
    const file = shared.place.file(`worker ${files}.bin`, 2 * MIB + files);
    await shared.place.choose(file);
    return file;
  }

  for (const [protocol, { options }] of Object.entries(DIALECTS)) {
    it(`a file arrives over ${protocol}`, async () => {
      const file = await choose();
      const { ok, message, words } = await send(shared.place.page, null, options);
      assert.equal(ok, true, message);
      assert.equal(words.at(-1), 'finished');
      await shared.place.assertHas(file);
    });
  }

  for (const more of [
    { protocol: 'resumable', verify: 'chunks' },
    { protocol: 'resumable', verify: 'file', transport: 'fetch' },
    { protocol: 'resumable', chunk_size: 100_000, headers: { 'X-Token': '7' }, params: { a: 1 } },
  ]) {
    it(`a file arrives with ${JSON.stringify(more)}`, async () => {
      const file = await choose();
      const { ok, message } = await send(shared.place.page, null, more);
      assert.equal(ok, true, message);
      await shared.place.assertHas(file);
    });
  }

  it('a file arrives over incoming', async (t) => {
    const stage = await Stage.set(t, shared.browser);
    const file = stage.file('worker.bin', 2 * MIB);
    await stage.page.setInputFiles('#files', file.path);
    const ticket = await stage.app.newTicket();
    const endpoint = `ws://${stage.relay.host}/incoming/0.1/frontend/upload_ws`;
    const { ok, message } = await send(stage.page, ticket, { endpoint });
    assert.equal(ok, true, message);
    assert.equal((await stage.app.told(ticket)).md5, file.md5);
  });

  it('a refusal is heard', async (t) => {
    const site = await Site.open(t, shared.browser, { args: ['--max-file-size', '1000'] });
    await site.choose(site.file('large.bin', 1001));
    const ended = await send(site.page, null, { protocol: 'resumable' });
    const { name, kind, code, message } = ended;
    assert.deepEqual([name, kind, code], ['UploadError', 'rejected', 4]);
    assert.match(message, /large|1000/);
  });

  for (const protocol of ['resumable', 'fineuploader']) {
    it(`nothing can be kept for another page over ${protocol}, which is said in words`, async () => {
      await choose();
      const options = { protocol, resume: true };
      const { ok, kind, code, message } = await send(shared.place.page, null, options);
      assert.deepEqual([ok, kind, code], [false, 'unsupported', 8], message);
      assert.match(message, /resum.*worker/);
    });
  }
});

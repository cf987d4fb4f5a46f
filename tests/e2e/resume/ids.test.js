import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { Reloading } from '../../support/reloading.js';
import { Upload } from '../../support/upload.js';
import { until } from '../../support/wait.js';

describe('A function for the upload id', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  /** An upload whose function answers when the test wants it: `window.waiting` has who waits. */
  async function begun(t, protocol, options) {
    const r = await Reloading.open(t, browser, protocol);
    const [id] = await r.ids(1);
    const upload = await make(r, id, options);
    await upload.start();
    await asked(r, 1);
    return { r, upload };
  }

  async function make(r, id, options) {
    const file = r.file();
    await r.page.setInputFiles('#files', file.path);
    const number = await r.page.evaluate(
      (options) => {
        window.waiting = [];
        const name = () => new Promise((...both) => window.waiting.push(both));
        return makeUpload(name, 0, options);
      },
      { ...r.options, ...options },
    );
    return new Upload(r.page, number, id, file);
  }

  const calls = (r) => r.page.evaluate(() => window.waiting.length);
  const asked = (r, times) => until('it is asked', async () => (await calls(r)) === times);
  const answer = (r, id) => r.page.evaluate((id) => window.waiting.at(-1)[0](id), id);

  for (const resume of [true, false]) {
    const how = resume ? 'that resumes' : 'that does not resume';

    it(`may answer in a pause of an upload ${how}, and is asked once`, async (t) => {
      const { r, upload } = await begun(t, 'incoming', { resume });
      await upload.call('pause', 'pause');
      await answer(r, upload.ticket);
      await upload.call('pause', 'unpause');
      await r.finish(upload);
      await r.assertArrived(upload.file, upload.ticket);
      assert.equal(await calls(r), 1);
    });

    it(`may answer after a pause of an upload ${how}, and is asked once`, async (t) => {
      const { r, upload } = await begun(t, 'incoming', { resume });
      await upload.call('pause', 'pause');
      await upload.call('pause', 'unpause');
      await answer(r, upload.ticket);
      await r.finish(upload);
      await r.assertArrived(upload.file, upload.ticket);
      assert.equal(await calls(r), 1);
    });
  }

  for (const [what, stop] of [
    ['cancelled', ['cancel', 'no']],
    ['paused', ['pause', 'pause']],
  ]) {
    it(`that hangs holds up no other tab when its upload is ${what}`, async (t) => {
      const { r, upload } = await begun(t, 'incoming');
      await r.otherTab();
      const other = await r.start(upload.file);
      await other.until('waiting', (o) => o.state_msg.includes('another page'));
      await upload.call(...stop);
      await r.finish(other);
      await r.assertArrived(upload.file, other.ticket);
    });
  }

  it('of an upload that a callback pauses as it begins: the file is not lost to another tab', async (t) => {
    const { r, upload } = await begun(t, 'incoming');
    await r.page.evaluate(() => {
      const { o } = uploads[0];
      o.onprogress = () => {
        o.onprogress = null;
        o.pause('pause');
      };
    });
    await answer(r, upload.ticket);
    await upload.until('paused and kept', (o) => o.paused && o.resumable);
    const first = await r.otherTab();
    const other = await r.start(upload.file);
    await other.until('waiting', (o) => o.state_msg.includes('another page'));
    await first.evaluate(() => uploads[0].o.pause('unpause').done);
    await r.finish(other);
  });

  it('that fails is asked again', async (t) => {
    const { r, upload } = await begun(t, 'incoming', { retry: { delays: [1] } });
    await r.page.evaluate(() => window.waiting[0][1](new Error('no network')));
    await asked(r, 2);
    await answer(r, upload.ticket);
    await r.finish(upload);
    await r.assertArrived(upload.file, upload.ticket);
  });

  it('that answers with no text is a mistake of the page', async (t) => {
    const { r, upload } = await begun(t, 'incoming');
    await answer(r, 5);
    const { kind, message } = await upload.outcome();
    assert.deepEqual([kind, message], ['misuse', 'expected a string as upload id, found number']);
  });
});

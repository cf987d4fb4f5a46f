import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { Stage } from '../support/stage.js';
import { Upload } from '../support/upload.js';

const MIB = 1024 * 1024;

describe('AbortSignal', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function prepare(t, makeSignal) {
    const stage = await Stage.set(t, browser);
    stage.relay.bytesPerSecond = 12 * MIB;
    const file = stage.file('signal.bin', 24 * MIB);
    await stage.page.setInputFiles('#files', file.path);
    const ticket = await stage.app.newTicket();
    const number = await stage.page.evaluate(makeSignal, ticket);
    return { stage, upload: new Upload(stage.page, number, ticket, file) };
  }

  it('cancels an upload when it is aborted', async (t) => {
    const { stage, upload } = await prepare(t, (ticket) => {
      window.controller = new AbortController();
      return makeUpload(ticket, 0, { signal: window.controller.signal });
    });
    await upload.start();
    await upload.underway();
    await stage.page.evaluate(() => window.controller.abort());
    const outcome = await upload.outcome();
    assert.equal(outcome.kind, 'cancelled');
    assert.equal((await stage.app.told(upload.ticket)).cancelled, 'yes');
  });

  it('that was aborted before is obeyed at once', async (t) => {
    const { stage, upload } = await prepare(t, (ticket) =>
      makeUpload(ticket, 0, { signal: AbortSignal.abort(new Error('too late')) }),
    );
    assert.equal((await upload.outcome()).kind, 'cancelled');
    assert.equal((await upload.look()).cancel_msg, 'too late');
    await assert.rejects(upload.start(), /TypeError: .*does not begin again/);
    assert.equal(stage.relay.bytesSent, 0);
  });

  it('that is aborted after the end changes nothing', async (t) => {
    const { stage, upload } = await prepare(t, (ticket) => {
      window.controller = new AbortController();
      return makeUpload(ticket, 0, { signal: window.controller.signal });
    });
    stage.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    await upload.start();
    assert.deepEqual(await upload.outcome(), { ok: true });
    await stage.page.evaluate(() => window.controller.abort());
    assert.equal((await upload.look()).cancelled, false);
    assert.equal((await upload.look()).finished, true);
  });
});

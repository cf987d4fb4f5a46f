import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { Reloading } from '../../support/reloading.js';

describe('What resumes, when it cannot be loaded,', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('is done without', async (t) => {
    const r = await Reloading.open(t, browser, 'incoming');
    await r.page.route('**/checkpoints.js', (route) => route.abort());
    const upload = await r.start(r.file(), { retry: { delays: [1] } });
    await r.finish(upload);
    const { md5 } = await r.place.app.told(upload.ticket);
    assert.equal(md5, upload.file.md5);
    assert.equal((await upload.look()).resumable, false);
  });
});

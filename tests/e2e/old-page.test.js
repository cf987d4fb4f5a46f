import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/app.js';
import { launch, openPage } from '../support/browser.js';
import { randomFile, temporaryFolder } from '../support/files.js';
import { Server } from '../support/server.js';
import { until } from '../support/wait.js';

describe('A page that was written for Incoming!!', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function prepare(t) {
    const folder = temporaryFolder(t);
    const server = await Server.start(t, { storage: `${folder}/storage` });
    const app = await App.start(t, { server, folders: { '': folder } });
    const html = readFileSync(new URL('old-page.html', import.meta.url), 'utf8');
    const page = html.replace('SERVER', server.url).replace('HOSTNAME', server.host);
    writeFileSync(`${folder}/index.html`, page);
    return { folder, app, page: await openPage(browser, app.url) };
  }

  async function send({ page, app, folder }, size) {
    const file = randomFile(folder, 'old.bin', size);
    await page.setInputFiles('#chooser', file.path);
    await page.click('#go');
    const told = await until('the application hears of it', () => app.handovers[0]);
    return { file, told };
  }

  it('uploads a file without being changed', async (t) => {
    const stage = await prepare(t);
    const { file, told } = await send(stage, 3_000_000);
    assert.equal(told.md5, file.md5);
    const seen = await until('it is finished', () =>
      stage.page.evaluate(() => window.up.finished && window.seen),
    );
    assert.deepEqual(seen, {
      before: [null, null, null],
      returned: true,
      calls: ['finished true 3000000'],
    });
    assert.equal(await stage.page.textContent('#state'), 'old.bin 1');
    assert.deepEqual(stage.page.problems, []);
  });

  it('uploads an empty file, and its progress is a number', async (t) => {
    const stage = await prepare(t);
    const { file, told } = await send(stage, 0);
    assert.equal(told.md5, file.md5);
    await until('it is finished', () => stage.page.evaluate(() => window.up.finished));
    assert.equal(await stage.page.textContent('#state'), 'old.bin 1');
  });

  it('can pause, go on and cancel', async (t) => {
    const stage = await prepare(t);
    stage.app.answer = 'wait';
    const file = randomFile(stage.folder, 'old.bin', 64 * 1024 * 1024);
    await stage.page.setInputFiles('#chooser', file.path);
    await stage.page.evaluate(() => {
      window.steps = [];
      const look = setInterval(() => {
        const { up } = window;
        if (!up?.can_pause || up.bytes_acked === 0) return;
        clearInterval(look);
        up.pause('toggle');
        window.steps.push(up.paused);
        up.pause('unpause');
        window.steps.push(up.paused);
        up.cancel('no more');
      }, 1);
    });
    await stage.page.click('#go');
    await until('it is cancelled', () => stage.page.evaluate(() => window.up?.cancelled));
    assert.deepEqual(await stage.page.evaluate(() => window.steps), [true, false]);
    assert.ok((await stage.page.evaluate(() => seen.calls)).includes('cancelled no more'));
    assert.deepEqual(stage.page.problems, [], 'no alert, no exception');
  });
});

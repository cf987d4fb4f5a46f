import assert from 'node:assert/strict';
import { copyFileSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import webpack from 'webpack';
import { App, STRICT_POLICY } from '../support/app.js';
import { launch } from '../support/browser.js';
import { assertUploads, makeProject } from '../support/consumer.js';
import { temporaryFolder } from '../support/files.js';
import { Server } from '../support/server.js';

describe('A webpack project without any configuration for wasm', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('can be built and served', async (t) => {
    const project = makeProject(t, 'webpack');
    await bundle(project);
    const wasm = readdirSync(`${project}/dist`).filter((name) => name.endsWith('.wasm'));
    assert.equal(wasm.length, 3, 'the client and both digests are in the build, once');
    const storage = `${temporaryFolder(t)}/storage`;
    const server = await Server.start(t, { storage });
    const folders = { '': `${project}/dist` };
    const app = await App.start(t, { server, folders, policy: STRICT_POLICY });
    const page = await assertUploads(t, browser, { server, app, url: `${app.url}/` });
    assert.equal(page.workers().length, 1);
    assert.deepEqual(page.problems, []);
  });
});

async function bundle(project) {
  const output = { path: `${project}/dist` };
  const entry = './consumer.js';
  const compiler = webpack({ mode: 'production', context: project, entry, output });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  assert.equal(stats.hasErrors(), false, stats.toString());
  copyFileSync(`${project}/index.html`, `${project}/dist/index.html`);
}

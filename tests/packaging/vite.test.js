import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { build, createServer } from 'vite';
import { App, STRICT_POLICY } from '../support/app.js';
import { launch } from '../support/browser.js';
import { atEnd } from '../support/cleanup.js';
import { assertUploads, makeProject } from '../support/consumer.js';
import { temporaryFolder } from '../support/files.js';
import { Server } from '../support/server.js';

describe('A Vite project without any configuration', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  async function prepare(t, folders, policy) {
    const storage = `${temporaryFolder(t)}/storage`;
    const server = await Server.start(t, { storage });
    return { server, app: await App.start(t, { server, folders, policy }) };
  }

  it('can be built and served', async (t) => {
    const project = makeProject(t, 'vite');
    await build({ root: project, configFile: false, logLevel: 'error' });
    const wasm = wasmIn(`${project}/dist`);
    assert.equal(wasm.length, 3, 'the client and both digests are in the build, once');
    const stage = await prepare(t, { '': `${project}/dist` }, STRICT_POLICY);
    const page = await assertUploads(t, browser, { ...stage, url: `${stage.app.url}/` });
    assert.equal(page.workers().length, 1);
    assert.deepEqual(page.problems, []);
  });

  it('hashes in the page where the policy forbids workers', async (t) => {
    const project = makeProject(t, 'vite');
    await build({ root: project, configFile: false, logLevel: 'error' });
    const policy = `${STRICT_POLICY}; worker-src 'none'`;
    const stage = await prepare(t, { '': `${project}/dist` }, policy);
    const page = await assertUploads(t, browser, { ...stage, url: `${stage.app.url}/` });
    assert.equal(page.workers().length, 0);
    assert.equal(page.problems.length, 1, 'the browser mentions what it refused, once');
  });

  it('can be served while it is developed', async (t) => {
    const project = makeProject(t, 'vite');
    const server = { host: '127.0.0.1', port: 0 };
    const vite = await createServer({
      root: project,
      configFile: false,
      logLevel: 'error',
      server,
    });
    atEnd(t, () => vite.close());
    await vite.listen();
    const stage = await prepare(t, {});
    const { port } = vite.httpServer.address();
    const page = await assertUploads(t, browser, { ...stage, url: `http://127.0.0.1:${port}/` });
    assert.equal(page.workers().length, 1);
    assert.deepEqual(page.problems, []);
  });
});

function wasmIn(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.wasm'));
}

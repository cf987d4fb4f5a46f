import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build, createServer } from 'vite';
import { App, STRICT_POLICY } from '../support/app.js';
import { launch } from '../support/browser.js';
import { atEnd } from '../support/cleanup.js';
import { assertEntriesUpload, assertUploads, IMPORTS, makeProject } from '../support/consumer.js';
import { temporaryFolder } from '../support/files.js';
import { Server } from '../support/server.js';

describe('A Vite project without any configuration', () => {
  let browser;
  let folder;
  let project;
  let dist;
  before(async () => {
    browser = await launch();
    folder = mkdtempSync(path.join(tmpdir(), 'incoming-test-'));
    project = path.join(folder, 'project');
    dist = path.join(project, 'dist');
    makeProject(project, 'vite');
    const input = Object.keys(IMPORTS).map((name) => path.join(project, `${name}.html`));
    await build({ ...of(project), build: { rolldownOptions: { input } } });
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await browser.close();
  });

  async function prepare(t, folders, policy) {
    const storage = `${temporaryFolder(t)}/storage`;
    const server = await Server.start(t, { storage });
    return { server, app: await App.start(t, { server, folders, policy }) };
  }

  it('has the wasm of each entry and both digests in its build, once', () => {
    const names = readdirSync(dist, { recursive: true });
    const wasm = names.filter((name) => name.endsWith('.wasm'));
    assert.equal(wasm.length, Object.keys(IMPORTS).length + 2);
  });

  it('uploads and hashes under a strict policy', async (t) => {
    const stage = await prepare(t, { '': dist }, STRICT_POLICY);
    const url = `${stage.app.url}/all.html`;
    const page = await assertUploads(t, browser, { ...stage, url });
    assert.equal(page.workers().length, 1);
    assert.deepEqual(page.problems, []);
  });

  it('uploads with each entry over its protocol, with one wasm', async (t) => {
    await assertEntriesUpload(t, browser, dist, 1);
  });

  it('hashes in the page where the policy forbids workers', async (t) => {
    const stage = await prepare(t, { '': dist }, `${STRICT_POLICY}; worker-src 'none'`);
    const url = `${stage.app.url}/all.html`;
    const page = await assertUploads(t, browser, { ...stage, url });
    assert.equal(page.workers().length, 0);
    assert.equal(page.problems.length, 1, 'the browser mentions what it refused, once');
  });

  it('can be served while it is developed', async (t) => {
    const vite = await createServer({ ...of(project), server: { host: '127.0.0.1', port: 0 } });
    atEnd(t, () => vite.close());
    await vite.listen();
    const stage = await prepare(t, {});
    const { port } = vite.httpServer.address();
    const url = `http://127.0.0.1:${port}/all.html`;
    const page = await assertUploads(t, browser, { ...stage, url });
    assert.equal(page.workers().length, 1);
    assert.deepEqual(page.problems, []);
  });
});

function of(project) {
  return { root: project, configFile: false, logLevel: 'error' };
}

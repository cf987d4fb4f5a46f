import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import webpack from 'webpack';
import { App, STRICT_POLICY } from '../support/app.js';
import { launch } from '../support/browser.js';
import { assertEntriesUpload, assertUploads, IMPORTS, makeProject } from '../support/consumer.js';
import { temporaryFolder } from '../support/files.js';
import { Server } from '../support/server.js';

const ENTRIES = Object.keys(IMPORTS);

describe('A webpack project without any configuration for wasm', () => {
  let browser;
  let folder;
  let dist;
  before(async () => {
    browser = await launch();
    folder = mkdtempSync(path.join(tmpdir(), 'incoming-test-'));
    const project = path.join(folder, 'project');
    dist = path.join(project, 'dist');
    makeProject(project, 'webpack');
    await bundle(project, dist);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await browser.close();
  });

  it('has the wasm of each entry and both digests in its build, once', () => {
    const wasm = readdirSync(dist).filter((name) => name.endsWith('.wasm'));
    assert.equal(wasm.length, ENTRIES.length + 2);
  });

  it('uploads and hashes under a strict policy', async (t) => {
    const storage = `${temporaryFolder(t)}/storage`;
    const server = await Server.start(t, { storage });
    const app = await App.start(t, { server, folders: { '': dist }, policy: STRICT_POLICY });
    const page = await assertUploads(t, browser, { server, app, url: `${app.url}/all.html` });
    assert.equal(page.workers().length, 1);
    assert.deepEqual(page.problems, []);
  });

  it('uploads with each entry over its protocol, with one wasm', async (t) => {
    await assertEntriesUpload(t, browser, dist, 1);
  });
});

async function bundle(project, dist) {
  const entry = Object.fromEntries(ENTRIES.map((name) => [name, `./${name}.js`]));
  const output = { path: dist };
  const compiler = webpack({ mode: 'production', context: project, entry, output });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  assert.equal(stats.hasErrors(), false, stats.toString());
  for (const name of ENTRIES) {
    copyFileSync(path.join(project, `${name}.html`), path.join(dist, `${name}.html`));
  }
}

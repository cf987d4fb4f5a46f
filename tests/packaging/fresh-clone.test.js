import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../../scripts/lib/paths.js';
import { isInstalled } from '../../scripts/lib/setup.js';
import { temporaryFolder } from '../support/files.js';

const SCRIPTS = path.join(root, 'scripts');
const STATIC = /^(?:import|export)\s(?:[^'"();]*from\s)?['"]([^'"]+)['"]/gm;

/** The packages that a script and whatever it imports need before their first line runs. */
function packagesOf(file, seen = new Set()) {
  if (seen.has(file)) return [];
  seen.add(file);
  const imports = [...readFileSync(file, 'utf8').matchAll(STATIC)].map(([, name]) => name);
  return imports.flatMap((name) => {
    if (name.startsWith('node:')) return [];
    if (!name.startsWith('.')) return [`${name} in ${path.relative(root, file)}`];
    return packagesOf(path.resolve(path.dirname(file), name), seen);
  });
}

describe('A fresh clone, in which nothing is installed', () => {
  for (const name of readdirSync(SCRIPTS).filter((name) => name.endsWith('.js'))) {
    it(`can begin ${name}, which installs what is missing`, () => {
      assert.deepEqual(packagesOf(path.join(SCRIPTS, name)), []);
    });
  }
});

describe('What is installed', () => {
  const lock = (version) =>
    JSON.stringify({ packages: { '': {}, 'node_modules/a': { version }, 'node_modules/b': {} } });

  function clone(t, wanted, installed) {
    const folder = temporaryFolder(t);
    mkdirSync(`${folder}/node_modules`);
    if (installed) writeFileSync(`${folder}/node_modules/.package-lock.json`, lock(installed));
    writeFileSync(`${folder}/package-lock.json`, lock(wanted));
    return folder;
  }

  it('stays, also if the lock file was written later, as every checkout does', (t) => {
    assert.equal(isInstalled(clone(t, '1.0.0', '1.0.0')), true);
  });

  it('is installed again after a change of the lock file', (t) => {
    assert.equal(isInstalled(clone(t, '1.0.1', '1.0.0')), false);
    assert.equal(isInstalled(clone(t, '1.0.0', null)), false);
  });
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../../scripts/lib/paths.js';

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

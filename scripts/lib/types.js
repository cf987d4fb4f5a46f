// The types of the package; they keep the places that they have in js/.

import { copyFileSync, cpSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ALL } from './entries.js';
import { pkg, root } from './paths.js';

const TYPES = path.join(root, 'js', 'types');

export function copyTypes(entries) {
  copyFileSync(path.join(root, 'js', 'index.d.ts'), path.join(pkg, 'index.d.ts'));
  if (existsSync(TYPES)) cpSync(TYPES, path.join(pkg, 'types'), { recursive: true });
  for (const { name, folder } of entries) {
    if (name !== ALL) writeFileSync(path.join(folder, 'index.d.ts'), reexport(name));
  }
}

function reexport(name) {
  const isOwn = existsSync(path.join(TYPES, `${name}.d.ts`));
  const from = isOwn ? `../types/${name}.js` : '../index.js';
  return `export * from '${from}';\nexport { default } from '${from}';\n`;
}

// Looks for known vulnerabilities in what is shipped, and for licenses and sources that are not
// wanted.

import { spawnSync } from 'node:child_process';
import { root } from './lib/paths.js';
import { Expected, main, output, run } from './lib/run.js';
import { setUpTool } from './lib/setup.js';

const CARGO_DENY = '0.20.2';
const ADVISORIES = 'https://github.com/RustSec/advisory-db';

await main(async () => {
  auditNpm();
  const deny = await setUpTool('cargo-deny', 'cargo-deny', CARGO_DENY);
  await run(deny, ['check', 'licenses', 'bans', 'sources']);
  if (output('git', ['ls-remote', '--heads', ADVISORIES]) === null) {
    notChecked('the advisories about Rust crates', `${ADVISORIES} cannot be reached`);
  } else {
    await run(deny, ['check', 'advisories']);
  }
});

function auditNpm() {
  const args = ['audit', '--omit=dev', '--json'];
  const { stdout } = spawnSync('npm', args, { encoding: 'utf8', cwd: root });
  const { metadata, message } = JSON.parse(stdout);
  if (!metadata) {
    notChecked('the advisories about npm packages', message);
    return;
  }
  const { total } = metadata.vulnerabilities;
  console.log(`npm packages that are shipped: ${total} known vulnerabilities`);
  if (total > 0) throw new Expected('`npm audit --omit=dev` says which.');
}

function notChecked(what, why) {
  console.warn(`\nNOT CHECKED: ${what}: ${why}`);
}

// Looks for known vulnerabilities in what is shipped, and for licenses and sources that are not
// wanted. What cannot be fetched is not checked, and named.

import { spawnSync } from 'node:child_process';
import { root } from './lib/paths.js';
import { Expected, main, run } from './lib/run.js';
import { setUpTool } from './lib/setup.js';

const CARGO_DENY = '0.20.2';

/** All crates that anything here is made of, whichever features and systems they are for. */
const EVERYTHING = ['--workspace', '--all-features', '--locked'];
/** How long the advisories may take to come, in milliseconds. */
const PATIENCE = 120_000;

await main(async () => {
  auditNpm();
  const deny = await setUpTool('cargo-deny', 'cargo-deny', CARGO_DENY);
  await run(deny, [...EVERYTHING, 'check', 'licenses', 'bans', 'sources']);
  const why = fetchAdvisories(deny);
  if (why) notChecked('the advisories about Rust crates', why);
  else await run(deny, [...EVERYTHING, 'check', '--disable-fetch', 'advisories']);
});

/** Why there are none, or null. */
function fetchAdvisories(deny) {
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0' };
  const options = { encoding: 'utf8', cwd: root, env, timeout: PATIENCE };
  const { status, stderr } = spawnSync(deny, [...EVERYTHING, 'fetch', 'db'], options);
  if (status === 0) return null;
  return stderr.trim().split('\n').at(-1) || `they did not come in ${PATIENCE / 1000} seconds`;
}

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

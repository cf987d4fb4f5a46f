// Builds the package and serves the demo page; further arguments go to the server.

import { exitCode, main, run } from './lib/run.js';

/** What the page loads. */
const PACKAGE = ['--only', 'all', '--no-scripts', '--no-limits'];
const DEFAULTS = { '--listen': '127.0.0.1:4000', '--storage': 'storage' };

await main(async () => {
  const args = withDefaults(process.argv.slice(2));
  await run(process.execPath, ['scripts/build.js', ...PACKAGE]);
  await run('cargo', ['build', '--release', '--package', 'incoming-server']);
  if (!args.includes('--help'))
    console.log('\nThe demo page is where the server listens. Ctrl-C stops it.\n');
  const server = ['run', '--quiet', '--release', '--package', 'incoming-server', '--'];
  process.exitCode = await exitCode('cargo', [...server, '--demo', ...args]);
});

function withDefaults(given) {
  const isGiven = (flag) => given.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
  const missing = Object.entries(DEFAULTS).filter(([flag]) => !isGiven(flag));
  return [...missing.flat(), ...given.filter((arg) => arg !== '--demo')];
}

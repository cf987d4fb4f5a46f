// Sets up what the tests need and runs all of them.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setUpFirefox } from './lib/firefox.js';
import { runNodeTests } from './lib/node-tests.js';
import { npmBin, root, target, wasmTriple } from './lib/paths.js';
import { Expected, exitCode, main, run } from './lib/run.js';
import { setUpBrowser, setUpBuild, setUpTestRunner } from './lib/setup.js';
import { inChromium, inFirefox } from './lib/webdriver.js';

const NO_FIREFOX =
  'Rust, in Firefox: needs firefox and geckodriver on the PATH; on Debian LONG=1 installs them';
const FOLDERS = ['tests/e2e', 'tests/packaging'];

await main(async () => {
  await setUpBuild();
  const browser = await setUpBrowser();
  const firefox = await setUpFirefox({ installs: Boolean(process.env.LONG) });
  const runner = await setUpTestRunner();

  const failed = [];
  const step = async (name, body) => {
    console.log(`\n=== ${name}`);
    const begun = performance.now();
    await body().catch((error) => {
      console.error(`\n${error.message}`);
      failed.push(name);
    });
    console.log(`\n=== ${name} took ${Math.round((performance.now() - begun) / 1000)} s`);
  };

  await step('Rust, native', () => run('cargo', ['test', '--workspace']));
  await step('Rust, in Chromium', () => browserTests(runner, inChromium(browser)));
  if (firefox) await step('Rust, in Firefox', () => browserTests(runner, inFirefox(firefox)));
  else console.warn(`\nNOT RUN: ${NO_FIREFOX}`);
  await step('package', () => run(process.execPath, ['scripts/build.js']));
  await step('server', () => run('cargo', ['build', '--package', 'incoming-server']));
  await step('types', async () => {
    for (const project of ['js', 'tests/packaging/types']) {
      await run(npmBin('tsc'), ['--project', project]);
    }
  });
  // The last one, so that the summary of Node's test runner is the end of the output.
  await step('end to end and packaging', () => endToEnd(browser));
  if (failed.length > 0) throw new Expected(`failed: ${failed.join(', ')}`);
});

/** The Rust API, then the JavaScript API, which a build has instead. */
async function browserTests(runner, driver) {
  const env = {
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: runner,
    WASM_BINDGEN_TEST_TIMEOUT: '120',
    ...driver,
  };
  const tests = ['test', '--package', 'incoming-uploader', '--target', wasmTriple];
  await steadily(tests, env);
  await steadily([...tests, '--features', 'npm', '--test', 'face'], env);
}

/** Machines that test for everybody are busy with others' work as well: what failed runs once more. */
async function steadily(tests, env) {
  if ((await exitCode('cargo', tests, { env })) === 0) return;
  if (process.env.CI) {
    await run('cargo', tests, { env });
    console.warn(`\nUNSTEADY: cargo ${tests.join(' ')}`);
  } else {
    throw new Expected(`cargo ${tests.join(' ')} failed`);
  }
}

function endToEnd({ chrome }) {
  const env = {
    CHROME: chrome,
    INCOMING_SERVER: path.join(target, 'debug', 'incoming-server'),
  };
  // Machines that test for everybody are busy with others' work as well.
  return runNodeTests(FOLDERS.flatMap(testsIn), { env, again: Boolean(process.env.CI) });
}

function testsIn(folder) {
  return readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => path.join(folder, name));
}

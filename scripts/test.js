// Sets up what the tests need and runs all of them.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { runNodeTests } from './lib/node-tests.js';
import { npmBin, root, target, wasmTriple } from './lib/paths.js';
import { Expected, main, run } from './lib/run.js';
import { setUpBrowser, setUpBuild, setUpTestRunner } from './lib/setup.js';
import { webdriverConfig } from './lib/webdriver.js';

const FOLDERS = [
  'tests/e2e',
  'tests/e2e/fingerprints',
  'tests/e2e/protocols',
  'tests/e2e/originals',
  'tests/e2e/resume',
  'tests/packaging',
];

await main(async () => {
  await setUpBuild();
  const browser = await setUpBrowser();
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
  await step('Rust, in the browser', () => browserTests(browser, runner));
  await step('package', () => run(process.execPath, ['scripts/build.js']));
  await step('server', () => run('cargo', ['build', '--package', 'incoming-server']));
  await step('types', () => run(npmBin('tsc'), ['--project', 'tests/packaging/types']));
  // The last one, so that the summary of Node's test runner is the end of the output.
  await step('end to end and packaging', () => endToEnd(browser));
  if (failed.length > 0) throw new Expected(`failed: ${failed.join(', ')}`);
});

function browserTests({ chrome, chromedriver }, runner) {
  const env = {
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: runner,
    CHROMEDRIVER: chromedriver,
    WASM_BINDGEN_TEST_TIMEOUT: '120',
    WASM_BINDGEN_TEST_WEBDRIVER_JSON: webdriverConfig(chrome),
  };
  return run('cargo', ['test', '--package', 'incoming-uploader', '--target', wasmTriple], { env });
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
  return readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => path.join(folder, name));
}

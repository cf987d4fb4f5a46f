// Runs test files by Node's test runner.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './paths.js';
import { Expected, exitCode } from './run.js';

/** What takes longer hangs, and would keep everything after it from being tried. */
const LONGEST_MS = 20 * 60 * 1000;
const REPORTER = new URL('failed-files.js', import.meta.url).href;

/**
 * Runs one file after the other and fails when a test does. `again` gives files in which a test
 * failed one more chance, and names those that only then passed.
 */
export async function runNodeTests(files, { env, again = false }) {
  let failed = await failedOf(files, env);
  if (failed.length > 0 && again) {
    console.log(`\nonce more, in case it was the machine: ${failed.join(', ')}`);
    const unsteady = failed;
    failed = await failedOf(failed, env);
    const passed = unsteady.filter((file) => !failed.includes(file));
    if (passed.length > 0)
      console.log(`\nUNSTEADY: passed only the second time: ${passed.join(', ')}`);
  }
  if (failed.length > 0) throw new Expected(`tests failed in ${failed.join(', ')}`);
}

/** Runs files and returns those in which something failed. */
async function failedOf(files, env) {
  const folder = mkdtempSync(path.join(tmpdir(), 'incoming-tests-'));
  try {
    const list = path.join(folder, 'failed');
    const reporters = [
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      ...[`--test-reporter=${REPORTER}`, `--test-reporter-destination=${list}`],
    ];
    const options = [
      '--test',
      ...reporters,
      '--test-concurrency=1',
      `--test-timeout=${LONGEST_MS}`,
    ];
    const code = await exitCode(process.execPath, [...options, ...files], { env });
    if (code === 0) return [];
    const lines = existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : [];
    const failed = lines.map((file) => path.relative(root, file));
    const isKnown = failed.length > 0 && failed.every((file) => files.includes(file));
    if (!isKnown) throw new Expected(`the test runner ended with ${code}`);
    return failed;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root, target, wasmTriple } from './paths.js';
import { Expected, exitCode, output, run } from './run.js';
import { isExecutable, which } from './which.js';

/** What every build needs: Rust's wasm target and the npm packages of the lock file. */
export async function setUpBuild() {
  await ensureWasmTarget();
  await ensureNodeModules();
}

/** What the browser tests need; returns where it is. */
export async function setUpBrowser() {
  await installDebianBrowser();
  const chrome = findChrome();
  const chromedriver = findChromedriver();
  if (!chrome || !chromedriver) throw new Expected(missingBrowser(chrome, chromedriver));
  return { chrome, chromedriver };
}

export function findChrome() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
  return process.env.CHROME ?? which(...names);
}

/** The wasm-bindgen test runner at the version of the lock file, built when it is not there. */
export function setUpTestRunner() {
  const version = lockedVersion('wasm-bindgen');
  return setUpTool('wasm-bindgen-test-runner', 'wasm-bindgen-cli', version);
}

/** What is used a few times need not be as fast as its author wants it. */
const QUICKLY_BUILT = {
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
};

/** A tool of a crate at this version, built when it is not there; returns where it is. */
export async function setUpTool(name, crate, version) {
  const found = findTool(name, version);
  if (found) return found;
  const folder = path.join(target, 'tools');
  const install = ['install', crate, '--version', version, '--root', folder];
  // What its author locked may not be in every mirror of the registry.
  const locked = await exitCode('cargo', [...install, '--locked'], { env: QUICKLY_BUILT });
  if (locked !== 0) await run('cargo', install, { env: QUICKLY_BUILT });
  return path.join(folder, 'bin', name);
}

/** Where the tool is at this version, if it is there. */
export function findTool(name, version) {
  const ours = path.join(target, 'tools', 'bin', name);
  return [which(name), ours].find((tool) => isVersion(tool, version)) ?? null;
}

async function ensureWasmTarget() {
  const libraries = output('rustc', ['--print', 'target-libdir', '--target', wasmTriple]);
  if (libraries && existsSync(libraries)) return;
  await run('rustup', ['target', 'add', wasmTriple]);
}

async function ensureNodeModules() {
  if (!isInstalled(root)) await run('npm', ['ci', '--include=dev', '--include=optional']);
}

/** True if what is in the node_modules of a folder is what its lock file names. */
export function isInstalled(folder) {
  const installed = path.join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const found = packagesIn(installed);
  const wanted = packagesIn(path.join(folder, 'package-lock.json'));
  return Object.entries(wanted).every(
    ([name, { version, optional }]) => !name || optional || found[name]?.version === version,
  );
}

function packagesIn(lock) {
  return JSON.parse(readFileSync(lock, 'utf8')).packages;
}

async function installDebianBrowser() {
  if (!findChrome() || !findChromedriver()) await installDebian('chromium', 'chromium-driver');
}

/** Installs packages of Debian, where that is possible. */
export async function installDebian(...packages) {
  if (!isDebianRoot()) return;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await exitCode('apt-get', ['update'], { env });
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
}

function findChromedriver() {
  return process.env.CHROMEDRIVER ?? which('chromedriver', 'chromium.chromedriver');
}

function isDebianRoot() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && which('apt-get') !== null;
}

function missingBrowser(chrome, chromedriver) {
  return [
    'The tests need Chromium (or Chrome) and its chromedriver of the same version.',
    `  browser:      ${chrome ?? 'not found on PATH; set CHROME to its path'}`,
    `  chromedriver: ${chromedriver ?? 'not found on PATH; set CHROMEDRIVER to its path'}`,
    'On Debian: apt-get install chromium chromium-driver',
  ].join('\n');
}

function lockedVersion(crate) {
  const lock = readFileSync(path.join(root, 'Cargo.lock'), 'utf8');
  const found = lock.match(new RegExp(`name = "${crate}"\nversion = "([^"]+)"`));
  if (!found) throw new Expected(`Cargo.lock names no version of ${crate}`);
  return found[1];
}

function isVersion(tool, version) {
  return tool && isExecutable(tool) && output(tool, ['--version'])?.split(/\s/).includes(version);
}

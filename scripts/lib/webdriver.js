// The environment in which wasm-bindgen's test runner starts exactly this browser.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { target } from './paths.js';

export function inChromium({ chrome, chromedriver }) {
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
  const settings = { 'goog:chromeOptions': { binary: chrome, args } };
  return {
    CHROMEDRIVER: chromedriver,
    WASM_BINDGEN_TEST_WEBDRIVER_JSON: written('chromium', settings),
  };
}

export function inFirefox({ firefox, geckodriver }) {
  const settings = { 'moz:firefoxOptions': { binary: firefox, args: ['-headless'] } };
  return {
    GECKODRIVER: geckodriver,
    WASM_BINDGEN_TEST_WEBDRIVER_JSON: written('firefox', settings),
  };
}

/** The file with these settings. */
function written(browser, settings) {
  const file = path.join(target, 'tools', `${browser}.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(settings, null, 2));
  return file;
}

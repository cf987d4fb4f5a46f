import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { target } from './paths.js';

/** Writes the settings with which chromedriver starts exactly this browser; returns the file. */
export function webdriverConfig(chrome) {
  const file = path.join(target, 'tools', 'webdriver.json');
  mkdirSync(path.dirname(file), { recursive: true });
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
  const config = { 'goog:chromeOptions': { binary: chrome, args } };
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

import { chromium } from 'playwright-core';
import { findChrome } from '../../scripts/lib/setup.js';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser without a window and with an empty profile. */
export function launch(args = []) {
  const executablePath = findChrome();
  if (!executablePath) throw new Error('no Chromium found; set CHROME to its path');
  // Without a locale Chromium cannot open files whose names are not ASCII.
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  return chromium.launch({ executablePath, env, args: [...ARGS, ...args] });
}

/** A page of its own profile; whatever goes wrong in it unasked ends up in `page.problems`. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) page.problems.push(message.text());
  });
  page.on('dialog', (dialog) => {
    // Some clients ask before a page with uploads is left.
    if (dialog.type() === 'beforeunload') return dialog.accept();
    page.problems.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  await page.goto(url);
  return page;
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` returns something true, and returns that. */
export async function until(what, condition, timeoutMs = 20_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await sleep(20);
  }
}

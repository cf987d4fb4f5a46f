// What resumes uploads after a reload asks of the browser, for both builds. What to do with it is
// decided in Rust; ../internal/checkpoints.d.ts says what each function is for.

import * as handles from './handles.js';
import { heldKeys, lock } from './locks.js';
import * as storage from './storage.js';

/** So many bytes of either end are hashed. */
const END_BYTES = 1024 * 1024;

/** @type {import('../internal/checkpoints.d.ts').Make} */
export const make = (digest) => ({
  record: (file, where) => record(file, where, digest),
  all,
  remove,
});

function record(file, where, digest) {
  let key, identifier;
  let release = null;

  async function identify() {
    if (!key) [key, identifier] = await keyOf(file, where, digest);
    return identifier;
  }
  async function hold(signal, occupied) {
    const found = release ?? (await lock(key, signal, occupied));
    release ??= found;
    return found !== null;
  }
  function letGo() {
    release?.();
    release = null;
  }
  async function removeIfFree() {
    const stop = new AbortController();
    if (!(await hold(stop.signal, () => stop.abort()))) return;
    remove(key);
    letGo();
  }
  return {
    ...{ identify, hold, letGo, removeIfFree },
    read: () => storage.read(key),
    write: (text) => storage.write(key, text),
    remove: () => void remove(key),
    keepHandle: (handle) => void handles.keep(key, handle),
  };
}

/** The key and its MD5. */
async function keyOf(file, where, digest) {
  const { digests } = await digest();
  const { size, lastModified } = file;
  const length = Math.min(size, END_BYTES);
  const ends = [{ end: length }, { start: size - length }];
  const sums = await Promise.all(ends.map((end) => digests.start(file, end).done));
  const key = JSON.stringify([...where, size, lastModified ?? 0, ...sums.flat()]);
  return [key, ...(await digests.start(new Blob([key])).done)];
}

async function all() {
  const [held, kept] = await Promise.all([heldKeys(), handles.all()]);
  const texts = storage.all();
  for (const key of kept.keys()) if (!texts.has(key) && !held.has(key)) handles.drop(key);
  const idle = [...texts].filter(([key]) => !held.has(key));
  return idle.map(([key, text]) => ({ key, text, handle: kept.get(key) }));
}

function remove(key) {
  storage.remove(key);
  return handles.drop(key);
}

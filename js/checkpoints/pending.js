// The functions for pages.

import { FILE_CHANGED } from '../error-codes.js';
import * as handles from './handles.js';
import { heldNames, nameOf } from './locks.js';
import * as storage from './storage.js';

/** Makes them; see `index.d.ts`. */
export function pages(UploadError) {
  async function pending() {
    const [busy, files] = await Promise.all([heldNames(), handles.kept()]);
    const isIdle = ([key]) => !busy.has(nameOf(key));
    const entries = storage.all();
    const known = new Set(entries.map(([key]) => key));
    for (const entry of files) if (!known.has(entry[0]) && isIdle(entry)) handles.drop(entry[0]);
    return entries
      .filter(isIdle)
      .map(([key, entry]) => describe(key, entry, files.get(key)))
      .sort((a, b) => b.updated - a.updated);
  }

  async function forget(entry) {
    if (entry !== undefined && typeof entry?.key !== 'string') {
      throw new TypeError('incoming.forget: expected an entry of pending(), or nothing for all');
    }
    for (const { key } of entry ? [entry] : await pending()) {
      storage.remove(key);
      await handles.drop(key);
    }
  }

  function describe(key, entry, handle) {
    const { filename, bytes_total, bytes_acked, protocol, endpoint, scope, updated } = entry;
    return {
      key,
      filename,
      bytes_total,
      bytes_acked,
      frac_complete: bytes_total > 0 ? bytes_acked / bytes_total : 0,
      protocol,
      endpoint,
      scope,
      updated: new Date(updated),
      can_open: handle !== undefined,
      open: () => open(handle),
    };
  }

  async function open(handle) {
    const fail = (why) => {
      throw new UploadError('file_changed', FILE_CHANGED, `${why}; choose the file again`);
    };
    if (!handle) fail('no handle of the file is kept');
    if ((await handle.requestPermission?.({ mode: 'read' })) === 'denied') {
      fail('the browser may not read the file');
    }
    return handle.getFile().catch((error) => fail(`the file cannot be read (${error.message})`));
  }

  return { pending, forget };
}

// File handles, where the browser has them: with one a file need not be chosen again.

const STORE = 'handles';

export function keep(key, handle) {
  return use('readwrite', (store) => store.put(handle, key));
}

export function drop(key) {
  return use('readwrite', (store) => store.delete(key));
}

/** All handles by key. */
export async function kept() {
  const keys = await use('readonly', (store) => store.getAllKeys());
  const handles = await use('readonly', (store) => store.getAll());
  return new Map(keys?.map((key, i) => [key, handles?.[i]]));
}

/** Resolves with undefined where nothing can be kept. */
function use(mode, act) {
  return new Promise((resolve) => {
    const opening = indexedDB.open('incoming', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => resolve();
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(STORE, mode);
      const end = (result) => {
        opening.result.close();
        resolve(result);
      };
      transaction.onabort = () => end();
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => end(request.result);
    };
  }).catch(() => {});
}

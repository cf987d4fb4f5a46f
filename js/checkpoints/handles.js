// File handles, where the browser has them: with one a file need not be chosen again.

const NAME = 'incoming-uploader.handles';
const STORE = 'handles';

export function keep(key, handle) {
  return use('readwrite', (store) => store.put(handle, key));
}

export function drop(key) {
  return use('readwrite', (store) => store.delete(key));
}

/** All handles by key. */
export async function kept() {
  const found = new Map();
  await use('readonly', (store) => {
    const request = store.openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return;
      found.set(cursor.key, cursor.value);
      cursor.continue();
    };
  });
  return found;
}

/** Resolves when it is done, or where nothing can be kept. */
function use(mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => resolve();
    opening.onsuccess = () => {
      const end = () => {
        opening.result.close();
        resolve();
      };
      try {
        const transaction = opening.result.transaction(STORE, mode);
        transaction.oncomplete = transaction.onabort = end;
        act(transaction.objectStore(STORE));
      } catch (error) {
        opening.result.close();
        reject(error);
      }
    };
  }).catch(() => {});
}

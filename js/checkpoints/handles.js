// File handles, where the browser has them: with one a file need not be chosen again.

const NAME = 'incoming-uploader.handles';
const STORE = 'handles';

export const keep = (key, handle) => use('readwrite', (store) => store.put(handle, key));

export const drop = (key) => use('readwrite', (store) => store.delete(key));

/** All handles by key. */
export async function all() {
  let keys, values;
  await use('readonly', (store) => {
    keys = store.getAllKeys();
    values = store.getAll();
  });
  return new Map(keys?.result?.map((key, i) => [key, values.result[i]]));
}

/** Resolves when it is done, or where nothing can be kept. */
function use(mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = reject;
    opening.onsuccess = () => {
      const database = opening.result;
      try {
        const transaction = database.transaction(STORE, mode);
        transaction.oncomplete = transaction.onabort = resolve;
        act(transaction.objectStore(STORE));
      } catch (error) {
        reject(error);
      }
      // As soon as the transaction is over.
      database.close();
    };
  }).catch(() => {});
}

// One page at a time sends a file.

const PREFIX = 'incoming.';
/** What this page holds: where there are no locks, nobody else knows. */
const held = new Set();

/**
 * Resolves with a function that lets go, as soon as nobody else holds on; `occupied` is called if
 * there is somebody to wait for. Resolves with null when the signal is aborted. Where there are no
 * locks, nobody waits.
 */
export async function lock(key, signal, occupied) {
  let unlock;
  const over = new Promise((resolve) => {
    unlock = resolve;
  });
  const request = (how) =>
    new Promise((resolve, reject) => {
      const take = (lock) => {
        resolve(lock);
        return lock && over;
      };
      navigator.locks.request(PREFIX + key, how, take).catch(reject);
    });
  try {
    if (!(await request({ ifAvailable: true }))) {
      occupied();
      await request({ signal });
    }
  } catch {}
  if (signal.aborted) {
    unlock();
    return null;
  }
  held.add(key);
  return () => unlock(held.delete(key));
}

/** The keys that somebody holds, in this page, and where there are locks in another one. */
export async function heldKeys() {
  const query = await navigator.locks?.query().catch(() => null);
  const others = query?.held.map(({ name }) => name.slice(PREFIX.length)) ?? [];
  return new Set([...held, ...others]);
}

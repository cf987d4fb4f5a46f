// One page at a time sends a file.

/** What this page holds: where there are no locks, nobody else knows. */
const held = new Set();

/**
 * Resolves with a function that lets go, as soon as nobody else holds on; `occupied` is called if
 * there is somebody to wait for. Resolves with null when the signal is aborted. Where there are no
 * locks, nobody waits.
 */
export async function hold(name, signal, occupied) {
  let unlock;
  const over = new Promise((resolve) => {
    unlock = resolve;
  });
  const letGo = () => {
    held.delete(nameOf(name));
    unlock();
  };
  const request = (how) =>
    new Promise((resolve, reject) => {
      const take = (lock) => {
        resolve(lock !== null);
        return lock && over;
      };
      navigator.locks.request(nameOf(name), how, take).catch(reject);
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
  held.add(nameOf(name));
  return letGo;
}

/** The names that somebody holds, in this page, and where there are locks in another one. */
export async function heldNames() {
  try {
    const query = await navigator.locks.query();
    return new Set([...held, ...query.held.map(({ name }) => name)]);
  } catch {
    return held;
  }
}

export function nameOf(key) {
  return `incoming.${key}`;
}

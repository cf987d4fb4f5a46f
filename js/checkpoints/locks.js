// One page at a time sends a file.

/**
 * Resolves with a function that lets go, as soon as nobody else holds on; `occupied` is called if
 * there is somebody to wait for. Resolves with null when the signal is aborted. Where there are no
 * locks, nobody waits.
 */
export async function hold(name, signal, occupied) {
  let letGo;
  const held = new Promise((resolve) => {
    letGo = resolve;
  });
  const request = (how) =>
    new Promise((resolve, reject) => {
      const take = (lock) => {
        resolve(lock !== null);
        return lock && held;
      };
      navigator.locks.request(nameOf(name), how, take).catch(reject);
    });
  try {
    if (!(await request({ ifAvailable: true }))) {
      occupied();
      await request({ signal });
    }
  } catch {}
  if (!signal.aborted) return letGo;
  letGo();
  return null;
}

/** The names that somebody holds, in this page or in another one. */
export async function heldNames() {
  try {
    const { held } = await navigator.locks.query();
    return new Set(held.map(({ name }) => name));
  } catch {
    return new Set();
  }
}

export function nameOf(key) {
  return `incoming.${key}`;
}

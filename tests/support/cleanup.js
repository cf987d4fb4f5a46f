const cleanupsOf = new WeakMap();

/**
 * Has something done when the test is over: what was asked for last is done first, so that nobody
 * removes what another one still uses, and all of it, whatever fails.
 */
export function atEnd(t, cleanup) {
  const cleanups = cleanupsOf.get(t);
  if (cleanups) return cleanups.push(cleanup);
  cleanupsOf.set(t, [cleanup]);
  return t.after(() => cleanUp(cleanupsOf.get(t)));
}

async function cleanUp(cleanups) {
  const errors = [];
  for (const cleanup of cleanups.toReversed()) {
    try {
      await cleanup();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'not everything was cleaned up');
}

// The storage of the browser: one text a file. It may be full, forbidden, or not there.

const PREFIX = 'incoming.checkpoint.';

/** The text that is kept, or null. */
export const read = (key) => attempt(() => localStorage.getItem(PREFIX + key));

export const remove = (key) => attempt(() => localStorage.removeItem(PREFIX + key));

/** Returns whether the text is kept. */
export function write(key, text) {
  return attempt(() => localStorage.setItem(PREFIX + key, text)) !== null;
}

/** All texts by key. */
export function all() {
  const entries = attempt(() => Object.entries(localStorage)) ?? [];
  const ours = entries.filter(([name]) => name.startsWith(PREFIX));
  return new Map(ours.map(([name, text]) => [name.slice(PREFIX.length), text]));
}

function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

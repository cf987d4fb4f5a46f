// What is kept of uploads, in the storage of the browser: one text a file.

const PREFIX = 'incoming.checkpoint.';
/** The form of a checkpoint, after the id: protocol/src/checkpoint.rs. */
const VERSION = 1;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What begins a new upload under this id. */
export function newCheckpoint(id) {
  return [id, VERSION, 0, 0];
}

/** What is kept under a key, or null. What nobody can use any more is removed. */
export function read(key) {
  const text = attempt(() => localStorage.getItem(PREFIX + key));
  if (!text) return null;
  const entry = attempt(() => JSON.parse(text));
  if (isSound(entry) && Date.now() < entry.updated + entry.days * DAY_MS) return { ...entry, text };
  remove(key);
  return null;
}

/** Keeps an entry, with the time; returns its text, or null where nothing can be kept. */
export function write(key, entry) {
  return attempt(() => {
    const text = JSON.stringify({ ...entry, updated: Date.now() });
    localStorage.setItem(PREFIX + key, text);
    return text;
  });
}

export function remove(key) {
  attempt(() => localStorage.removeItem(PREFIX + key));
}

/** Everything that is kept, as pairs of key and entry. */
export function all() {
  const names = attempt(() => Object.keys(localStorage)) ?? [];
  const keys = names.filter((name) => name.startsWith(PREFIX)).map((n) => n.slice(PREFIX.length));
  return keys.map((key) => [key, read(key)]).filter(([, entry]) => entry !== null);
}

function isSound(entry) {
  if (!Array.isArray(entry?.checkpoint)) return false;
  const [id, ...form] = entry.checkpoint;
  const numbers = [entry.bytes_total, entry.bytes_acked, entry.updated, entry.days, ...form];
  return id && typeof id === 'string' && form[0] === VERSION && numbers.every(Number.isFinite);
}

/** Storage may be full, forbidden, or not there: then nothing is kept. */
function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

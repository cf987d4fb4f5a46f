// The codes of errors that JavaScript makes by itself; protocol/src/error.rs has all of them.

/** A file was changed or cannot be read. */
export const FILE_CHANGED = 7;

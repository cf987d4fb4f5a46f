// How what the wasm asks for ends; src/told.rs has the same.

/** The file cannot be read, or is another one now. */
export const UNREADABLE = 0;
/** What finds out what was asked for could not be loaded. */
export const UNABLE = 1;
/** The page has no upload id. */
export const REFUSED = 2;
/** Another page sends the file. */
export const OCCUPIED = 3;
/** The file can be read. */
export const INTACT = 4;

/** The words of anything that was thrown. */
export function wordsOf(error) {
  return String(error?.message ?? error);
}

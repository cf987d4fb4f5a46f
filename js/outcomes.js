// How what the wasm asks for ends; src/told.rs has the same.

/** The file cannot be read, or is another one now. */
export const UNREADABLE = 0;
/** What was asked for was found. */
export const FOUND = 1;
/** What finds it could not be loaded. */
export const UNABLE = 2;
/** The page has no upload id. */
export const REFUSED = 3;
/** Another page sends the file. */
export const OCCUPIED = 4;
/** The file can be read. */
export const INTACT = 5;

/** The words of anything that was thrown. */
export function wordsOf(error) {
  return String(error?.message ?? error);
}

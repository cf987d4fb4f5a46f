// How the files of the script-tag build find each other: as a module, a file has no `currentScript`.

const KEY = Symbol.for(`incoming-uploader ${__VERSION__}`);
globalThis[KEY] ??= {};

/** What the files that are loaded later make, by their names. */
export const parts = globalThis[KEY];

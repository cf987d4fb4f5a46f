// Where an upload goes on, or under which id it begins: that is found out at its start.

import { wordsOf } from './words.js';

/** How it ends; src/told.rs has the same. */
const FOUND = 1;
const UNABLE = 2;
const REFUSED = 3;

/** How often what keeps checkpoints may fail to load before the upload goes on without. */
const MOST_FAILURES = 3;

/**
 * Makes the function that finds it out for one upload and tells it; `load` loads what keeps
 * checkpoints.
 */
export function recaller(uploader, upload_id, file, options, load) {
  let keeper = null;
  let failures = 0;
  let isNamed = false;

  /** A new upload begins. */
  async function begin(tell) {
    try {
      const id = typeof upload_id === 'function' ? await upload_id() : upload_id;
      isNamed = tell(FOUND, id ?? undefined);
      if (!isNamed) throw new TypeError('expected a string from the function for the upload id');
    } catch (error) {
      tell(REFUSED, wordsOf(error));
    }
  }

  return async (host, signal, tell) => {
    if (!options?.resume) return isNamed ? tell(FOUND) : begin(tell);
    try {
      keeper ??= (await load()).keeper({ uploader, file, options, host, begin });
      await keeper.recall(signal, tell);
    } catch (error) {
      failures += 1;
      if (failures < MOST_FAILURES) tell(UNABLE, wordsOf(error));
      else begin(tell);
    }
  };
}

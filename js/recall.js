// Where an upload goes on, or under which id it begins: that is found out at its start.

import { FOUND, REFUSED, UNABLE, wordsOf } from './outcomes.js';

/** How often what keeps checkpoints may fail to load before the upload goes on without. */
const MOST_FAILURES = 3;

/**
 * Makes the function that finds it out for one upload, until a signal stops it. It tells either what
 * was `recalled`, or what was `learned` instead. `load` loads what keeps checkpoints.
 */
export function recaller(uploader, upload_id, file, options, load) {
  let keeper = null;
  let failures = 0;
  let isNamed = false;

  /** Begins a new upload. */
  async function begin({ recalled, learned }) {
    try {
      const id = typeof upload_id === 'function' ? await upload_id() : upload_id;
      if (typeof (id ?? '') !== 'string') throw new TypeError('no string');
      isNamed = true;
      if (id) learned(FOUND, id);
      else recalled();
    } catch (error) {
      learned(REFUSED, `the function for the upload id failed: ${wordsOf(error)}`);
    }
  }

  return async (host, signal, tell) => {
    if (!options?.resume) return isNamed ? tell.recalled() : begin(tell);
    try {
      keeper ??= (await load()).keeper({ uploader, file, options, host, begin });
      await keeper.recall(signal, tell);
    } catch (error) {
      failures += 1;
      if (failures < MOST_FAILURES) tell.learned(UNABLE, wordsOf(error));
      else begin(tell);
    }
  };
}

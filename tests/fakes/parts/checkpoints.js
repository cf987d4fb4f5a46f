// What is kept for other pages, in memory.

const calls = [];
let kept = null;
let release = null;

const record = {
  identify: async () => 'identifier',
  hold: (_signal, occupied) => {
    if (!release) return Promise.resolve(true);
    occupied();
    return new Promise((resolve) => {
      release = () => resolve(true);
    });
  },
  letGo: () => calls.push('let go'),
  read: () => kept ?? undefined,
  write: (text) => {
    kept = text;
    return true;
  },
  remove: () => {
    calls.push('remove');
    kept = null;
  },
  removeIfFree: async () => record.remove(),
  keepHandle: () => {},
};

/** As `make` of the package. */
export function make() {
  return {
    record: (file, where) => {
      calls.push([...where, file.size].join(' '));
      return record;
    },
  };
}

/** From now on this is kept, and another page sends the file or not. */
export function takeOverCheckpoints(text, isOccupied) {
  calls.length = 0;
  kept = text;
  release = isOccupied ? () => {} : null;
}

/** The other page is done. */
export function free() {
  release();
}

/** What is kept. */
export function keptText() {
  return kept ?? undefined;
}

/** Which files were asked for, and what was done. */
export function checkpointCalls() {
  return calls;
}

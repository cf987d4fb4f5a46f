// Digests for one upload: what hashes is loaded when the first is asked for.

/**
 * Makes the function that finds out the MD5 of a part of a file, until a signal stops it. That of
 * the whole is remembered.
 */
export function digester(file, load) {
  let whole = null;

  return async (start, end, signal, onprogress) => {
    const isWhole = start === 0 && end === file.size;
    if (isWhole && whole) return whole;
    const { digests } = await load();
    signal.throwIfAborted();
    const job = digests.start(file, { start, end, onprogress });
    const cancel = () => job.cancel(signal.reason);
    signal.addEventListener('abort', cancel);
    try {
      const [md5] = await job.done;
      if (isWhole) whole = md5;
      return md5;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

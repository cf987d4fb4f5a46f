// Digests for one upload: what hashes is loaded when the first is asked for.

/** What the wasm is told: the digest, that the file cannot be read, or that nothing can hash. */
const FOUND = 1;
const UNREADABLE = 0;
const UNABLE = 2;

/** Makes the function that finds out the MD5 of parts of a file. That of the whole is remembered. */
export function digester(file, load) {
  let whole = null;

  async function find(start, end, hashed, signal) {
    const isWhole = start === 0 && end === file.size;
    if (isWhole && whole) return whole;
    const { digests } = await load();
    signal.throwIfAborted();
    const job = digests.start(file, { start, end, onprogress: hashed });
    signal.addEventListener('abort', () => job.cancel(signal.reason));
    const [md5] = await job.done;
    if (isWhole) whole = md5;
    return md5;
  }

  return (start, end, hashed, done) => {
    const stop = new AbortController();
    const { signal } = stop;
    const tell = (...outcome) => signal.aborted || done(...outcome);
    find(start, end, (bytes) => signal.aborted || hashed(bytes), signal).then(
      (md5) => tell(FOUND, md5),
      (error) => tell(error?.kind === 'file_changed' ? UNREADABLE : UNABLE, String(error?.message)),
    );
    return stop;
  };
}

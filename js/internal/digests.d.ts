/** MD5 of parts of files, as the uploader and the fingerprints ask for it. */
export interface Digests {
  /**
   * Begins a job. Any number may be under way. Four messages are hashed at once, be they chunks of one
   * job or of several; a message that is alone gets about a third of that speed. Eight parts of files
   * are read at once and four of one job; others wait for their turn, in the order of `start`.
   *
   * The worker is there from the first job on, until nothing was asked for ten seconds. Where no worker
   * may be, the page hashes, a few milliseconds at a time.
   */
  start(file: Blob, request?: Request): Job;
}

/** What is asked for. */
export interface Request {
  /** The first byte. Default: 0. */
  start?: number;
  /** The byte after the last one. Default: the size of the file. */
  end?: number;
  /** Has a digest made of each chunk of that many bytes, the last one of what is left. */
  chunk_size?: number;
  /** Told how many bytes are hashed, at most ten times a second, and all at the end, before `done`. */
  onprogress?: (bytes: number) => void;
}

/** What is under way. */
export interface Job {
  /**
   * The digests, 32 lower-case hexadecimal digits each: one for each chunk, or one.
   *
   * Rejects with an `UploadError` of the kind `file_changed` when the file cannot be read or is not
   * what it was, and with an `Error` when there is no way to hash. A change while a part is read that
   * does not reach to the end of the file is left to who reads that part again.
   */
  done: Promise<string[]>;
  /** Ends it; `done` is rejected with the reason. */
  cancel(reason?: unknown): void;
}

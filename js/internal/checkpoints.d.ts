import type { Digests } from './digests.d.ts';

/** Makes what asks the browser, from what loads the digests. */
export type Make = (digest: () => Promise<{ digests: Digests }>) => Checkpoints;

/** What is kept of uploads for other pages. */
export interface Checkpoints {
  /**
   * What is kept of one file. `where` is what else tells the upload from others: protocol, place,
   * scope and path.
   */
  record(file: Blob, where: string[]): Record;
  /** Everything that is kept and that no page is sending. */
  all(): Promise<Kept[]>;
  /** Removes the text and the handle. */
  remove(key: string): Promise<void>;
}

/** What was found. */
export interface Kept {
  key: string;
  text: string;
  handle?: FileSystemFileHandle;
}

/** What is kept of one file. */
export interface Record {
  /**
   * Finds out which file it is; before that is done the other functions must not be called. Resolves
   * with an identifier: the MD5 of the key, which is where the file goes, its size, time of
   * modification and the MD5 of its first and its last megabyte.
   *
   * Rejects with an `UploadError` of the kind `file_changed` when the file cannot be read, and with
   * another error when what hashes cannot be loaded. May be called again.
   */
  identify(): Promise<string>;
  /**
   * Keeps other pages from sending the file. Resolves with true as soon as no other one does, and with
   * false when the signal was aborted before; `occupied` is called if there is one to wait for.
   */
  hold(signal: AbortSignal, occupied: () => void): Promise<boolean>;
  /** Ends it. */
  letGo(): void;
  /** The text that is kept, or null. */
  read(): string | null;
  /** Keeps a text; returns false where nothing can be kept. */
  write(text: string): boolean;
  /** Removes the text and the handle. */
  remove(): void;
  /** Removes them unless another page sends the file. */
  removeIfFree(): Promise<void>;
  /** Keeps a handle of the file. */
  keepHandle(handle: FileSystemFileHandle): void;
}

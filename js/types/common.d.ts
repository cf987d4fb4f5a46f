// What all entries of the package have in common.

import type { ProtocolName } from './options.js';

/** What went wrong, as a word. The same as {@link ErrorCode}, which is a number. */
export type ErrorKind =
  | 'misuse'
  | 'lost'
  | 'timed_out'
  | 'rejected'
  | 'misbehaved'
  | 'checksum_mismatch'
  | 'file_changed'
  | 'unsupported'
  | 'unavailable';

/**
 * What went wrong, as a number that never changes its meaning:
 * 1 misuse, 2 lost, 3 timed_out, 4 rejected, 5 misbehaved, 6 checksum_mismatch,
 * 7 file_changed, 8 unsupported, 10 unavailable.
 */
export type ErrorCode = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 10;

/**
 * Why an upload or a fingerprint did not finish.
 *
 * A function for the upload id, `headers`, `params` or `is_stored` may throw one: it ends the upload at once,
 * in its words, unless its kind is one that may pass. Any other exception is tried again.
 */
export class UploadError extends Error {
  /** Made by this package, and by {@link UploadError.rejected} and {@link UploadError.of}. */
  private constructor();
  readonly name: 'UploadError';
  /** What went wrong, as a word. */
  readonly kind: ErrorKind | 'cancelled';
  /** The same as a number; 9 is a cancellation. */
  readonly code: ErrorCode | 9;
  /** A refusal for good, in these words. To be thrown by a function of the page. */
  static rejected(message: string): UploadError;
  /**
   * What a response of the page's own backend means that is no success. To be thrown by a function of
   * the page: `throw await UploadError.of(response)`. Final for a status of 400 to 499 but 408, 425
   * and 429; otherwise the upload tries again. It has the words of the response, unless they are HTML.
   */
  static of(response: Response): Promise<UploadError>;
}

/**
 * What is going on, as one word. Words may be added.
 *
 * - `ready`: not yet started
 * - `waiting`: for the page, which is asked for an upload id, for another page, or for the network
 * - `hashing`: the file is read for its fingerprint, and nothing else can be done before that
 * - `connecting`: there is no connection yet, or it is found out how to go on
 * - `uploading`: bytes travel
 * - `paused`
 * - `retrying`: an attempt was lost, for {@link Snapshot.last_error}, and the next one comes
 * - `handing_over`: the server has every byte, and the application does not have the file yet
 * - `finished`: the application has taken the file over
 * - `cancelling`: the server is being told
 * - `cancelled`
 * - `failed`: an error has ended the upload; `start()` tries again
 */
export type UploadState =
  | 'ready'
  | 'waiting'
  | 'hashing'
  | 'connecting'
  | 'uploading'
  | 'paused'
  | 'retrying'
  | 'handing_over'
  | 'finished'
  | 'cancelling'
  | 'cancelled'
  | 'failed';

/** All properties of an upload at one moment. */
export interface Snapshot {
  /** Name of the file, without a path. */
  readonly filename: string;
  /** Length of the file in bytes. */
  readonly bytes_total: number;
  /** Bytes that have left this page. */
  readonly bytes_tx: number;
  /** Bytes that the server has confirmed. */
  readonly bytes_acked: number;
  /** Bytes that have left this page and are not confirmed yet. */
  readonly bytes_ahead: number;
  /**
   * The part of the file that the server has confirmed, from 0 to 1. At 1 the file is there, but
   * the upload is only finished when the application has taken it over.
   */
  readonly frac_complete: number;
  /** Chunks sent over the present connection. */
  readonly chunks_tx_now: number;
  /** Chunks confirmed over the present connection. */
  readonly chunks_acked_now: number;
  /** Chunks sent and not confirmed yet. */
  readonly chunks_ahead: number;
  /** Chunks that arrived damaged and were sent again, with `verify: 'chunks'`. */
  readonly chunks_damaged: number;
  /** Whether the file is being hashed. */
  readonly hashing: boolean;
  /** The hashed part of the file, from 0 to 1. */
  readonly frac_hashed: number;
  /** The MD5 of the file in hexadecimal once it is known, or null. */
  readonly md5: string | null;
  /**
   * What was compared and found equal, once the upload is finished, or null. After
   * `verify: 'chunks'` it is null if the server had some of the file before this uploader sent it.
   */
  readonly verified: 'file' | 'chunks' | null;
  /** Smoothed speed in bytes per second; 0 when nothing travels. */
  readonly speed: number;
  /** Seconds that are probably left, or null when that is unknown. */
  readonly eta: number | null;
  /** What is going on, as one word; the flags below are views of it. */
  readonly state: UploadState;
  /** What is going on, in words for a person. */
  readonly state_msg: string;
  /** Why the last attempt was lost, while others are left; null after progress and at the end. */
  readonly last_error: UploadError | null;
  /** Why the upload was cancelled, or null. */
  readonly cancel_msg: string | null;
  /** Number of the error that ended the upload, or null. */
  readonly error_code: ErrorCode | null;
  /** The error as a word, or null. */
  readonly error_kind: ErrorKind | null;
  /** The error as a sentence, or null. */
  readonly error_msg: string | null;

  /**
   * Whether another page could go on now: false without `resume`, where the browser keeps nothing,
   * and when there is nothing left to be done.
   */
  readonly resumable: boolean;
  /** Whether there is a connection to the server. */
  readonly connected: boolean;
  /** Whether the application has taken the file over: all is done. */
  readonly finished: boolean;
  /** Whether the upload is paused. */
  readonly paused: boolean;
  /** Whether the upload can be paused now. */
  readonly can_pause: boolean;
  /** Whether the server has been told of a cancellation and has not answered yet. */
  readonly cancelling: boolean;
  /** Whether the upload was cancelled. */
  readonly cancelled: boolean;
  /** Whether the upload can be cancelled now; not any more while the file is handed over. */
  readonly can_cancel: boolean;
  /** Whether the file was delivered and can be removed from the server. */
  readonly can_remove: boolean;
  /** Whether the server has removed the file. */
  readonly removed: boolean;
}

/** A function that is told about an uploader. */
export type Callback = (uploader: Uploader) => void;

/** What an {@link Uploader} dispatches. */
export interface UploaderEvent extends Event {
  readonly target: Uploader;
}

/** The events of an {@link Uploader}, each at the same moment as the callback of its name. */
export interface UploaderEventMap {
  /** Any property has changed. */
  progress: UploaderEvent;
  /** The upload is finished. */
  finished: UploaderEvent;
  /** The upload is cancelled. */
  cancelled: UploaderEvent;
  /** An error has ended the upload, or a file that was delivered could not be removed. */
  error: UploaderEvent;
}

/** What listens to one kind of event. */
export type UploaderListener<Type extends keyof UploaderEventMap> =
  | ((this: Uploader, event: UploaderEventMap[Type]) => void)
  | { handleEvent(event: UploaderEventMap[Type]): void };

/** Uploads one file. All properties can be read at any time. */
export interface Uploader extends Snapshot, EventTarget {
  /**
   * Resolves with this uploader when it is finished; rejects with an {@link UploadError} when it
   * failed or was cancelled. Nobody has to look at it. It is one promise for each run: there is a new
   * one when an upload that failed is started again, and only then.
   */
  readonly done: Promise<Uploader>;

  /** Called when any property changes. */
  onprogress: Callback | null;
  /** Called, after `onprogress`, when the upload is finished. */
  onfinished: Callback | null;
  /** Called, after `onprogress`, when the upload is cancelled. */
  oncancelled: Callback | null;
  /** Called, after `onprogress`, when an error occurs. */
  onerror: Callback | null;

  /**
   * Starts the upload, or goes on after a pause or an error. Without effect while it is under way;
   * throws a `TypeError` when it is finished or cancelled.
   */
  start(): this;
  /** Pauses or goes on. Any other word throws a `TypeError`. */
  pause(what: 'pause' | 'unpause' | 'toggle'): this;
  /** Cancels the upload; `reason` is handed to the application. */
  cancel(reason?: string): this;
  /** Has a delivered file removed from the server; throws a `TypeError` where that cannot be. */
  remove(): this;

  /**
   * All properties as a frozen object, the same one until any of them changes. With `subscribe` it is
   * what `useSyncExternalStore` and its like take: both may be passed on without the uploader.
   */
  snapshot(this: void): Readonly<Snapshot>;
  /** Calls `listener` when any property has changed. Returns what ends that. */
  subscribe(this: void, listener: () => void): () => void;

  addEventListener<Type extends keyof UploaderEventMap>(
    type: Type,
    listener: UploaderListener<Type> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof UploaderEventMap>(
    type: Type,
    listener: UploaderListener<Type> | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/**
 * What the server knows an upload by, or a function that says it at the start.
 *
 * The function is called for an upload that nobody has begun, and again when the server does not know
 * the upload any more. What it throws is tried again, as `retry` says, with its words in `last_error`;
 * an {@link UploadError}, such as `UploadError.rejected('quota exceeded')`, ends the upload.
 */
export type UploadId = string | null | (() => string | null | Promise<string | null>);

/** Makes an {@link Uploader}, with or without `new`. */
export interface UploaderConstructor<Options> {
  /**
   * @param upload_id the ticket that the application got from the server, or a function that gets
   *   one; null where the protocol makes an identifier itself; that of resumable and flow is random,
   *   with `resume` it tells files of one name and size apart, and with `test_chunks` it is their own
   * @param file      the file, from a file input or a drop, of any window; a `Blob` has no name, but works
   */
  new (upload_id: UploadId, file: Blob, options?: Options): Uploader;
  (upload_id: UploadId, file: Blob, options?: Options): Uploader;
  readonly prototype: Uploader;
}

/**
 * Says where the server is when that is not the page's own host: `host` or `host:port`, as
 * `'example.org'`, `'example.org:4000'` or `'[::1]:4000'`; anything else throws a `TypeError`. Counts
 * for uploaders that are made afterwards.
 */
export function set_server_hostname(hostname: string | null): void;

/** An upload that was begun and can be resumed. */
export interface PendingUpload {
  /** What tells it from all others. */
  readonly key: string;
  /** Name of the file, without a path. */
  readonly filename: string;
  /** Length of the file in bytes. */
  readonly bytes_total: number;
  /** Bytes that the server had confirmed. */
  readonly bytes_acked: number;
  /** The part of the file that the server had confirmed, from 0 to 1. */
  readonly frac_complete: number;
  /** The protocol, also one that this entry does not have. */
  readonly protocol: ProtocolName;
  /** Where the server is, without user, password and query. */
  readonly endpoint: string;
  /** The option `resume_scope`, or nothing. */
  readonly scope: string;
  /** When the last progress was kept. */
  readonly updated: Date;
  /** Whether a handle of the file is kept. */
  readonly can_open: boolean;
  /**
   * The file, by its handle. The browser may ask the person first, so that it has to be called from a
   * click. Rejects with an {@link UploadError} of the kind `file_changed` when it cannot be read.
   */
  open(): Promise<File>;
}

/**
 * What was begun with `resume` and is not under way in any page, the newest first. To go on, pass the
 * same file to an {@link Uploader} with the same `protocol`, `endpoint` and `resume_scope`.
 */
export function pending(): Promise<PendingUpload[]>;

/** Forgets one of {@link pending}, or all of them. The server is not told. */
export function forget(entry?: PendingUpload): Promise<void>;

/** How far a fingerprint is. */
export interface FingerprintProgress {
  /** Bytes that are hashed. */
  readonly bytes_done: number;
  /** Length of the file in bytes. */
  readonly bytes_total: number;
  /** The part of the file that is hashed, from 0 to 1. */
  readonly frac_complete: number;
}

/** All of them are optional; a wrong type rejects with a `TypeError` that names it. */
export interface FingerprintOptions {
  /** Called at most ten times a second, and at the end. */
  onprogress?: ((progress: FingerprintProgress) => void) | null;
  /** Ends the work when it is aborted; the promise is rejected with its reason. */
  signal?: AbortSignal | null;
}

/**
 * The MD5 of a file, 32 lower-case hexadecimal digits. It is computed in a worker, or where there may
 * be none in the page, a few milliseconds at a time; memory stays flat. What computes it is downloaded
 * when it is called for the first time.
 *
 * Rejects with an {@link UploadError} of the kind `file_changed` when the file was changed, moved or
 * became unreadable since it was chosen, and with a `TypeError` for a wrong argument.
 */
export function fingerprint(file: Blob, options?: FingerprintOptions | null): Promise<string>;

/**
 * The MD5 of each chunk of a file, in order; chunks have `chunk_size` bytes, and the last one has what
 * is left. An empty file is one empty chunk. Otherwise like {@link fingerprint}, and faster, because
 * four chunks are hashed at once.
 */
export function fingerprint_chunks(
  file: Blob,
  chunk_size: number,
  options?: FingerprintOptions | null,
): Promise<string[]>;

/** The version of this package. */
export const version: string;

/** What an entry exports as its default, and what the global of a script-tag build is. */
export interface Incoming<Options> {
  readonly Uploader: UploaderConstructor<Options>;
  readonly UploadError: typeof UploadError;
  readonly set_server_hostname: typeof set_server_hostname;
  readonly fingerprint: typeof fingerprint;
  readonly fingerprint_chunks: typeof fingerprint_chunks;
  readonly pending: typeof pending;
  readonly forget: typeof forget;
  readonly version: string;
}

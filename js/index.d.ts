/**
 * Uploads files of any size from a browser, over bad networks, with nothing lost.
 *
 * ```ts
 * import { Uploader } from 'incoming-uploader';
 *
 * const uploader = new Uploader(uploadId, file, {
 *   onprogress: (o) => showProgress(o.frac_complete, o.speed, o.eta),
 * });
 * await uploader.start().done;
 * ```
 *
 * The script-tag build (`incoming.js`) has the same as a global, `incoming`.
 */

/** The script-tag build defines this global. */
export as namespace incoming;

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

/** A function that is told about an uploader. */
export type Callback = (uploader: Uploader) => void;

/** When a lost connection is tried again. */
export interface RetryOptions {
  /**
   * The longest waiting times in milliseconds before the first new attempt, the second and so on;
   * the last one repeats. Each wait is a random part of it, so that many clients of a server that
   * comes back do not come back at once. Default: 500, 1000, 2000, 4000, 8000, 16000, 30000.
   */
  delays?: number[];
  /** How many attempts in a row may fail without a byte confirmed. Default: `Infinity`. */
  attempts?: number;
}

/** All of them are optional. An unknown name or a wrong type throws a `TypeError` that names it. */
export interface UploaderOptions {
  /** How to talk to the server. Default: `'incoming'`. */
  protocol?: 'incoming' | 'galileo' | 'resumable' | 'flow' | 'fineuploader' | 'robusto';
  /**
   * Where the server is, as a URL with its path, such as `https://example.com/resumable`. Default:
   * what {@link set_server_hostname} was given, or the page's own host, with the path of our server;
   * `wss` unless the page was loaded over `http`.
   */
  endpoint?: string;
  /**
   * The largest chunk in bytes, if smaller than what the server allows. Default: as it says.
   * robusto: the original server takes at most 2 MiB a chunk and 9999 chunks, and takes chunks of
   * different sizes for chunks of one file: do not change it while files are on their way.
   */
  chunk_size?: number;
  /** What happens after a lost connection. */
  retry?: RetryOptions;
  /**
   * How long nothing may move before a connection or a request counts as lost. Each time in a row
   * that this was in vain doubles it, up to 32 times the value. Default: 60000.
   */
  stall_timeout_ms?: number;
  /**
   * What is compared with what arrived, by MD5: the whole file at the end, or every chunk when it
   * arrives. What is damaged is sent again; a server that does not say what it received ends the
   * upload with the error `unsupported`. galileo and robusto cannot check chunks;
   * robusto's servers compare every file, whatever is asked for. Default: `'none'`.
   */
  verify?: 'none' | 'file' | 'chunks';
  /**
   * Goes on where another page has left the same file, and keeps in the browser what another page
   * needs for that: the upload id, and which chunks are confirmed. The same file has the same name,
   * size and time of modification, and its first and last megabyte have the same MD5. galileo cannot.
   * Default: false.
   */
  resume?: boolean;
  /** For how many days it is kept after the last progress. Default: 7. */
  resume_days?: number;
  /** What is kept is found with the same text only: for files that go to different places. */
  resume_scope?: string;
  /**
   * A handle of the file, from `showOpenFilePicker` or `getAsFileSystemHandle`, where the browser has
   * them: it is kept too, so that the file need not be chosen again; see {@link pending}.
   */
  handle?: FileSystemFileHandle | null;
  /** Called when any property changes. */
  onprogress?: Callback | null;
  /** Called when the upload is finished. */
  onfinished?: Callback | null;
  /** Called when the upload is cancelled. */
  oncancelled?: Callback | null;
  /** Called when an error ended the upload. */
  onerror?: Callback | null;
  /** Cancels the upload when it is aborted. */
  signal?: AbortSignal | null;

  /**
   * Over HTTP: headers of every request, as an object or as `Headers`. A function is called for
   * each request and may return a promise.
   */
  headers?: Pairs | (() => Pairs | Promise<Pairs>);
  /** Over HTTP: parameters of every request, like `headers`; nested ones become `a[b]`. */
  params?: Pairs | (() => Pairs | Promise<Pairs>);
  /** Over HTTP: sends cookies to other origins. Default: false. */
  with_credentials?: boolean;
  /** Over HTTP: how file bytes leave. `'fetch'` shows no progress inside a request. */
  transport?: 'xhr' | 'fetch';

  /** galileo: the digest of the file in hexadecimal, for the server to check. */
  hash?: { type: string; value: string };

  /** resumable, flow, fineuploader, robusto: how many chunks travel at once. Default: 3, or 1 for
   *  fineuploader unless `concurrent`. */
  simultaneous?: number;
  /** resumable, flow: the last chunk is the smaller one. Default: false, it is the larger. */
  force_chunk_size?: boolean;
  /** resumable, flow: asks for each chunk before it is sent. Default: false. */
  test_chunks?: boolean;
  /** resumable, flow: a form, or the bare bytes with everything in the query. */
  method?: 'multipart' | 'octet';
  /** resumable, flow. Default: `'POST'`. */
  upload_method?: string;
  /** resumable, flow. Default: `'GET'`. */
  test_method?: string;
  /** resumable, flow: the name of the part with the bytes. Default: `'file'`. */
  file_parameter_name?: string;
  /** resumable, flow: stands before every name. */
  parameter_namespace?: string;
  /** resumable, flow: other names for parameters; `false` leaves one out. */
  parameter_names?: {
    [name in
      | 'chunk_number'
      | 'chunk_size'
      | 'current_chunk_size'
      | 'total_size'
      | 'type'
      | 'identifier'
      | 'filename'
      | 'relative_path'
      | 'total_chunks']?: string | false;
  };
  /** resumable, flow: statuses that say that a chunk is there. */
  success_statuses?: number[];
  /** resumable, flow: statuses after which nothing is tried again. */
  permanent_errors?: number[];

  /** fineuploader: sends the file in chunks. Default: whether there is a `chunk_size` or `resume`. */
  chunking?: boolean;
  /** fineuploader: chunks also for a file of one chunk. Default: false. */
  mandatory?: boolean;
  /** fineuploader: several chunks at once. Default: false. */
  concurrent?: boolean;
  /** fineuploader: where the server is told that all chunks are there. */
  success_endpoint?: string;
  /** fineuploader: parameters in the form and not in the query. Default: true. */
  params_in_body?: boolean;
  /** fineuploader: a form also when the parameters are in the query. Default: true. */
  force_multipart?: boolean;
  /** fineuploader: an answer has to say `success`. Default: true. */
  require_success_json?: boolean;
  /** fineuploader: other names for parameters. */
  input_name?: string;
  uuid_name?: string;
  filename_param?: string;
  total_file_size_name?: string;
  param_names?: {
    [name in
      | 'part_index'
      | 'part_byte_offset'
      | 'chunk_size'
      | 'total_parts'
      | 'resuming']?: string;
  };
  /** fineuploader: where `remove` goes. Default: the endpoint. */
  delete_endpoint?: string;
  /** fineuploader: how `remove` asks. Default: `'DELETE'`. */
  delete_method?: 'DELETE' | 'POST';
}

/** Headers or parameters: by name, or as what lists them in pairs. */
export type Pairs = NamedValues | Headers | URLSearchParams | FormData | Map<string, string>;

/** Values by name; without a value a name is left out. */
export interface NamedValues {
  [name: string]: string | number | boolean | null | undefined | NamedValues;
}

/** Uploads one file. All properties can be read at any time. */
export interface Uploader {
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
  /** What is going on, in words. */
  readonly state_msg: string;
  /** Why the upload was cancelled, or null. */
  readonly cancel_msg: string | null;
  /** Number of the error, or null. */
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

  /**
   * Resolves with this uploader when it is finished; rejects with an {@link UploadError} when it
   * failed or was cancelled. Nobody has to look at it. There is a new one when an upload that
   * failed is started again.
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

  /** Starts the upload, or goes on after a pause or an error. */
  start(): this;
  /** Pauses or goes on. Any other word throws a `TypeError`. */
  pause(what: 'pause' | 'unpause' | 'toggle'): this;
  /** Cancels the upload; `reason` is handed to the application. */
  cancel(reason?: string): this;
  /** Has a delivered file removed from the server; throws a `TypeError` where that cannot be. */
  remove(): this;
}

/** What the server knows an upload by, or a function that says it at the start. */
export type UploadId = string | null | (() => string | null | Promise<string | null>);

/** Makes an {@link Uploader}, with or without `new`. */
export interface UploaderConstructor {
  /**
   * @param upload_id the ticket that the application got from the server, or a function that gets
   *   one, which is only called for an upload that nobody has begun, and again after it failed, as
   *   `retry` says; null where the protocol makes an identifier itself;
   *   with `resume` that of resumable and flow tells files of one name and size apart
   * @param file      the file, from a file input or a drop; a `Blob` has no name, but works
   */
  new (upload_id: UploadId, file: Blob, options?: UploaderOptions): Uploader;
  (upload_id: UploadId, file: Blob, options?: UploaderOptions): Uploader;
}

export const Uploader: UploaderConstructor;

/** Why an upload or a fingerprint did not finish. */
export class UploadError extends Error {
  readonly name: 'UploadError';
  /** What went wrong, as a word. */
  readonly kind: ErrorKind | 'cancelled';
  /** The same as a number; 9 is a cancellation. */
  readonly code: ErrorCode | 9;
}

/**
 * Says where the server is when that is not the page's own host: `host` or `host:port`. Counts for
 * uploaders that are made afterwards.
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
  /** The option `protocol`. */
  readonly protocol: NonNullable<UploaderOptions['protocol']>;
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

declare const incoming: {
  readonly Uploader: UploaderConstructor;
  readonly UploadError: typeof UploadError;
  readonly set_server_hostname: typeof set_server_hostname;
  readonly fingerprint: typeof fingerprint;
  readonly fingerprint_chunks: typeof fingerprint_chunks;
  readonly pending: typeof pending;
  readonly forget: typeof forget;
  readonly version: string;
};
export default incoming;

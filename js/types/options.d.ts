// What a page may choose. An unknown name or a wrong type throws a `TypeError` that names it, the
// nearest name, and every option that there is.

import type { Callback } from './common.js';

/** A protocol by its name. */
export type ProtocolName =
  | 'incoming'
  | 'galileo'
  | 'resumable'
  | 'flow'
  | 'fineuploader'
  | 'robusto';

/** When a lost connection is tried again. */
export interface RetryOptions {
  /**
   * The longest waiting times in milliseconds before the first new attempt, the second and so on;
   * the last one repeats. Each wait is a random part of it, so that many clients of a server that
   * comes back do not come back at once. Default: 500, 1000, 2000, 4000, 8000, 16000, 30000.
   */
  delays?: number[];
  /** How many attempts in a row may fail without more bytes confirmed than ever before. Default: `Infinity`. */
  attempts?: number;
  /**
   * Over HTTP: tries again what a server refuses, too, as long as the server does not say that this is
   * useless, by `permanent_errors` of resumable and flow or `preventRetry` of fineuploader. Otherwise
   * every status of 400 to 499 is final but 408, 425 and 429, and what else the protocol refuses by.
   * Default: false.
   */
  refusals?: boolean;
}

/** What every protocol knows. */
export interface CommonOptions {
  /**
   * Where the server is, as a URL with its path, such as `https://example.com/resumable`. Default:
   * what `set_server_hostname` was given, or the page's own host, with the path of our server;
   * `wss` unless the page was loaded over `http`. Over HTTP a user and a password in it become a
   * header `Authorization`; a WebSocket takes none. A fragment is dropped.
   */
  endpoint?: string | URL;
  /**
   * The largest chunk in bytes, if smaller than what the server allows. Default: as it says, and over
   * HTTP as the original of the protocol.
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
   * size and time of modification, and its first and last megabyte have the same MD5. galileo cannot,
   * and no protocol can in a worker. Default: false.
   */
  resume?: boolean;
  /** For how many days it is kept after the last progress. Default: 7. */
  resume_days?: number;
  /** What is kept is found with the same text only: for files that go to different places. */
  resume_scope?: string;
  /**
   * A handle of the file, from `showOpenFilePicker` or `getAsFileSystemHandle`, where the browser has
   * them: it is kept too, so that the file need not be chosen again; see `pending`.
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
}

/** Values by name; without a value a name is left out. */
export interface NamedValues {
  [name: string]: string | number | boolean | null | undefined | NamedValues;
}

/** Headers or parameters: by name, or as what lists them in pairs. */
export type Pairs = NamedValues | Headers | URLSearchParams | FormData | Map<string, string>;

/** An answer of a server. */
export interface StoredResponse {
  readonly status: number;
  /** The address that answered. */
  readonly url: string;
  /** The body. */
  readonly text: string;
}

/** What only protocols over HTTP know: all but incoming and galileo. */
export interface HttpOptions {
  /**
   * Headers of every request, as an object or as `Headers`. A function is called for each request and
   * may return a promise. What it throws is tried again, with its words in `last_error`; an
   * `UploadError`, such as `UploadError.rejected('signed out')`, ends the upload. A name or a value that
   * no request can have ends it, too. `Content-Type` is not sent with forms, because it would hide
   * where their parts begin.
   */
  headers?: Pairs | (() => Pairs | Promise<Pairs>);
  /** Parameters of every request, like `headers`; nested ones become `a[b]`. */
  params?: Pairs | (() => Pairs | Promise<Pairs>);
  /** Sends cookies to other origins. Default: false. */
  with_credentials?: boolean;
  /** How file bytes leave. `'fetch'` shows no progress inside a request. Default: `'xhr'`. */
  transport?: 'xhr' | 'fetch';
  /**
   * What it means that an answer to a request comes from another address, where its status is all that
   * says that something is stored: in resumable and flow, and in fineuploader for the success endpoint,
   * `remove()` and chunks without `require_success_json`. Login pages answer so: `'error'` ends the
   * upload with both addresses, unless our server has answered; `'follow'` takes it for an answer like
   * any other. From http to https of the same address is no
   * redirect; bytes are sent there once more. Default: `'error'`.
   */
  redirects?: 'error' | 'follow';
  /**
   * Looks at every answer and says whether it can prove that something is stored: after false a success
   * counts as a loss. For servers other than ours, because a portal, too, can answer everything with
   * 200. It may return a promise; what it throws counts as in `headers`.
   */
  is_stored?: (response: StoredResponse) => boolean | Promise<boolean>;
}

/** What only galileo knows. */
export interface GalileoOptions {
  /**
   * The digest of the file in hexadecimal, of the type `md5` or `sha1`, for the server to check. Not
   * together with `verify: 'file'`.
   */
  hash?: { type: string; value: string };
}

/** What only resumable and flow know. */
export interface ResumableOptions {
  /** How many chunks travel at once. Default: 3. */
  simultaneous?: number;
  /** The last chunk is the smaller one. Default: false, it is the larger. */
  force_chunk_size?: boolean;
  /** Asks for each chunk before it is sent. Default: false. */
  test_chunks?: boolean;
  /** A form, or the bare bytes with everything in the query. Default: `'multipart'`. */
  method?: 'multipart' | 'octet';
  /** Default: `'POST'`. */
  upload_method?: string;
  /** Default: `'GET'`. */
  test_method?: string;
  /** The name of the part with the bytes. Default: `'file'`. */
  file_parameter_name?: string;
  /** Stands before every name. */
  parameter_namespace?: string;
  /** Other names for parameters; `false` leaves one out. */
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
  /** Statuses that say that a chunk is there. */
  success_statuses?: number[];
  /**
   * Statuses after which nothing is tried again. Default: those of the original, and every other
   * refusal; a list that is given is obeyed as it is.
   */
  permanent_errors?: number[];
}

/** What only fineuploader knows. */
export interface FineUploaderOptions {
  /** Sends the file in chunks. Default: whether there is a `chunk_size` or `resume`. */
  chunking?: boolean;
  /** Chunks also for a file of one chunk. Default: false. */
  mandatory?: boolean;
  /** Several chunks at once. Default: false. */
  concurrent?: boolean;
  /** How many chunks travel at once. Default: 1, or 3 if `concurrent`. */
  simultaneous?: number;
  /** Where the server is told that all chunks are there. */
  success_endpoint?: string | URL;
  /** Parameters in the form and not in the query. Default: true. */
  params_in_body?: boolean;
  /** A form also when the parameters are in the query. Default: true. */
  force_multipart?: boolean;
  /** An answer has to say `success`. Default: true. */
  require_success_json?: boolean;
  /** Another name for `qqfile`. */
  input_name?: string;
  /** Another name for `qquuid`. */
  uuid_name?: string;
  /** Another name for `qqfilename`. */
  filename_param?: string;
  /** Another name for `qqtotalfilesize`. */
  total_file_size_name?: string;
  /** Other names for the parameters of chunks. */
  param_names?: {
    [name in
      | 'part_index'
      | 'part_byte_offset'
      | 'chunk_size'
      | 'total_parts'
      | 'resuming']?: string;
  };
  /** Where `remove` goes. Default: the endpoint. */
  delete_endpoint?: string | URL;
  /** How `remove` asks. Default: `'DELETE'`. */
  delete_method?: 'DELETE' | 'POST';
}

/** What only robusto knows. */
export interface RobustoOptions {
  /** How many chunks travel at once. Default: 3. */
  simultaneous?: number;
}

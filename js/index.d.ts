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
 * This entry has all protocols. `incoming-uploader/<protocol>` has one, is smaller, and is typed to
 * its options. The script-tag builds (`incoming.js`, `incoming-<protocol>.js`) have the same as a
 * global, `incoming`.
 */

import type { Incoming, UploaderConstructor, Uploader as UploaderObject } from './types/common.js';
import type {
  CommonOptions,
  FineUploaderOptions,
  GalileoOptions,
  HttpOptions,
  ProtocolName,
  ResumableOptions,
  RobustoOptions,
} from './types/options.js';

/** The script-tag build defines this global. */
export as namespace incoming;

export * from './types/common.js';
export type * from './types/options.js';

/**
 * All of them are optional. Those that only one protocol knows are refused by the others, and so are
 * those of protocols over HTTP by incoming and galileo.
 */
export interface UploaderOptions
  extends CommonOptions,
    HttpOptions,
    GalileoOptions,
    ResumableOptions,
    FineUploaderOptions,
    RobustoOptions {
  /** How to talk to the server. Default: `'incoming'`. */
  protocol?: ProtocolName;
  /** resumable, flow, fineuploader, robusto: how many chunks travel at once. Default: 3, or 1 for
   *  fineuploader unless `concurrent`. */
  simultaneous?: number;
}

/** Uploads one file. */
export type Uploader = UploaderObject;
export const Uploader: UploaderConstructor<UploaderOptions>;

declare const incoming: Incoming<UploaderOptions>;
export default incoming;

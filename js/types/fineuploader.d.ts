/**
 * The package with the protocol of Fine Uploader only: `incoming-uploader/fineuploader`, or the global of
 * `incoming-fineuploader.js`.
 */

import type { Incoming, UploaderConstructor, Uploader as UploaderObject } from './common.js';
import type { CommonOptions, FineUploaderOptions, HttpOptions } from './options.js';

/** The script-tag build defines this global. */
export as namespace incoming;

export * from './common.js';
export type * from './options.js';

/** All of them are optional. */
export interface UploaderOptions extends CommonOptions, HttpOptions, FineUploaderOptions {
  /** Only this one is in this entry. */
  protocol?: 'fineuploader';
}

/** Uploads one file. */
export type Uploader = UploaderObject;
export const Uploader: UploaderConstructor<UploaderOptions>;

declare const incoming: Incoming<UploaderOptions>;
export default incoming;

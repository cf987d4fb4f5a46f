/**
 * The package with the protocols of Resumable.js and flow.js only: `incoming-uploader/resumable`, or the global of
 * `incoming-resumable.js`.
 */

import type { Incoming, UploaderConstructor, Uploader as UploaderObject } from './common.js';
import type { CommonOptions, HttpOptions, ResumableOptions } from './options.js';

/** The script-tag build defines this global. */
export as namespace incoming;

export * from './common.js';
export type * from './options.js';

/** All of them are optional. */
export interface UploaderOptions extends CommonOptions, HttpOptions, ResumableOptions {
  /** The two that are in this entry. Default: `'resumable'`. */
  protocol?: 'resumable' | 'flow';
}

/** Uploads one file. */
export type Uploader = UploaderObject;
export const Uploader: UploaderConstructor<UploaderOptions>;

declare const incoming: Incoming<UploaderOptions>;
export default incoming;

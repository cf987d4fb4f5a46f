/**
 * The package with the protocol of Incoming!! only: `incoming-uploader/incoming`, or the global of
 * `incoming-incoming.js`.
 */

import type { Incoming, UploaderConstructor, Uploader as UploaderObject } from './common.js';
import type { CommonOptions } from './options.js';

/** The script-tag build defines this global. */
export as namespace incoming;

export * from './common.js';
export type * from './options.js';

/** All of them are optional. */
export interface UploaderOptions extends CommonOptions {
  /** Only this one is in this entry. */
  protocol?: 'incoming';
}

/** Uploads one file. */
export type Uploader = UploaderObject;
export const Uploader: UploaderConstructor<UploaderOptions>;

declare const incoming: Incoming<UploaderOptions>;
export default incoming;

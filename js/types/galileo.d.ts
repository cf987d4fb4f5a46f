/**
 * The package with the protocol of GalileoSend only: `incoming-uploader/galileo`, or the global of
 * `incoming-galileo.js`.
 */

import type { Incoming, UploaderConstructor, Uploader as UploaderObject } from './common.js';
import type { CommonOptions, GalileoOptions } from './options.js';

/** The script-tag build defines this global. */
export as namespace incoming;

export * from './common.js';
export type * from './options.js';

/** All of them are optional. */
export interface UploaderOptions extends CommonOptions, GalileoOptions {
  /** Only this one is in this entry. */
  protocol?: 'galileo';
  /** What is compared with what arrived: GalileoSend cannot check chunks. Default: `'none'`. */
  verify?: 'none' | 'file';
  /** GalileoSend begins with the first byte. */
  resume?: false;
}

/** Uploads one file. */
export type Uploader = UploaderObject;
export const Uploader: UploaderConstructor<UploaderOptions>;

declare const incoming: Incoming<UploaderOptions>;
export default incoming;

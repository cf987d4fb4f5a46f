/**
 * The package with the protocol of Mr. Robusto only: `incoming-uploader/robusto`, or the global of
 * `incoming-robusto.js`.
 */

import type { Incoming, UploaderConstructor, Uploader as UploaderObject } from './common.js';
import type { CommonOptions, HttpOptions, RobustoOptions } from './options.js';

/** The script-tag build defines this global. */
export as namespace incoming;

export * from './common.js';
export type * from './options.js';

/** All of them are optional. */
export interface UploaderOptions extends CommonOptions, HttpOptions, RobustoOptions {
  /** Only this one is in this entry. */
  protocol?: 'robusto';
  /** What is compared with what arrived: servers compare whole files. Default: `'none'`. */
  verify?: 'none' | 'file';
}

/** Uploads one file. */
export type Uploader = UploaderObject;
export const Uploader: UploaderConstructor<UploaderOptions>;

declare const incoming: Incoming<UploaderOptions>;
export default incoming;

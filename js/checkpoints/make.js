// What resumes uploads after a reload, for both builds.

import { Keeper } from './keeper.js';
import { pages } from './pending.js';

/** `digest` loads what hashes. */
export function make(UploadError, digest) {
  return { keeper: (upload) => new Keeper(upload, digest), ...pages(UploadError) };
}

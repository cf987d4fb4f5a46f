// Keeps what one upload needs to go on in another page, and finds it there.

import { OCCUPIED, UNREADABLE } from '../outcomes.js';
import { identify, placeOf, protocolOf } from './file.js';
import * as handles from './handles.js';
import { hold } from './locks.js';
import * as storage from './storage.js';

/** How often it is looked whether there is something new to be kept. */
const SAVE_EVERY_MS = 1000;
const DAYS = 7;

/** One for an upload: `{ uploader, file, options, host, begin }`, and what loads the digests. */
export class Keeper {
  #upload;
  #digest;
  #key = null;
  /** What is kept, as it was written last. */
  #kept = null;
  #text = null;
  #hasBegun = false;
  /** Lets go of the file, while no other page may send it. */
  #letGo = null;

  constructor(upload, digest) {
    this.#upload = upload;
    this.#digest = digest;
  }

  /** Finds out where to go on and tells it; from then on, keeps it. */
  async recall(signal, tell) {
    try {
      this.#key ??= await identify(this.#upload, await this.#digest());
    } catch (error) {
      if (error.kind !== 'file_changed') throw error;
      tell.learned(UNREADABLE, error.message);
      return;
    }
    if (signal.aborted) return;
    const isMine = this.#letGo !== null;
    this.#letGo ??= await hold(this.#key, signal, () => tell.learned(OCCUPIED, ''));
    if (!this.#letGo) return;
    await this.#look(tell);
    if (isMine) return;
    if (signal.aborted) this.#end();
    else this.#watch();
  }

  async #look(tell) {
    const { host, begin } = this.#upload;
    const found = storage.read(this.#key);
    if (this.#hasBegun && !host.driver.checkpoint()) {
      // The server does not know it any more.
      this.#remove();
      return begin(tell);
    }
    // Nobody else has gone on since the last attempt.
    if (this.#hasBegun && (found?.text ?? null) === this.#text) return tell.recalled();
    return found ? tell.recalled(found.checkpoint) : begin(tell);
  }

  /** Keeps what is new, until this run of the upload is over. */
  #watch() {
    this.#hasBegun = true;
    this.#save();
    const save = () => this.#save();
    const timer = setInterval(save, SAVE_EVERY_MS);
    addEventListener('pagehide', save);
    globalThis.document?.addEventListener('visibilitychange', save);
    const end = (then) => {
      clearInterval(timer);
      removeEventListener('pagehide', save);
      globalThis.document?.removeEventListener('visibilitychange', save);
      then();
      this.#end();
    };
    this.#upload.uploader.done.then(
      () => end(() => this.#remove()),
      ({ kind }) => end(() => (kind === 'cancelled' ? this.#remove() : this.#save())),
    );
  }

  #end() {
    this.#letGo();
    this.#letGo = null;
  }

  #save() {
    const { uploader, options, host } = this.#upload;
    const checkpoint = host.driver.checkpoint();
    if (!checkpoint) {
      if (this.#text) this.#remove();
      return;
    }
    const { filename, bytes_total, bytes_acked } = uploader;
    const entry = {
      checkpoint,
      filename,
      bytes_total,
      bytes_acked,
      protocol: protocolOf(options),
      endpoint: placeOf(host.address),
      scope: options.resume_scope ?? '',
      days: options.resume_days ?? DAYS,
    };
    const kept = JSON.stringify(entry);
    if (kept === this.#kept) return;
    const isFirst = this.#text === null;
    this.#text = storage.write(this.#key, entry);
    this.#kept = this.#text && kept;
    uploader.resumable = this.#text !== null;
    if (isFirst && this.#text && options.handle) handles.keep(this.#key, options.handle);
  }

  #remove() {
    storage.remove(this.#key);
    handles.drop(this.#key);
    this.#kept = this.#text = null;
    this.#upload.uploader.resumable = false;
  }
}

// Finds out where an upload goes on, or under which id it begins, and keeps what it needs to go on
// in another page.

import { OCCUPIED, REFUSED, UNREADABLE, wordsOf } from '../outcomes.js';
import { hashOf, identify, placeOf, protocolOf } from './file.js';
import * as handles from './handles.js';
import { hold } from './locks.js';
import * as storage from './storage.js';

/** How often it is looked whether there is something new to be kept. */
const SAVE_EVERY_MS = 1000;
const DAYS = 7;
/** How often what hashes may fail to load before the upload goes on without. */
const MOST_FAILURES = 3;
/** Their identifiers are the same for all files of one name and size, unless somebody chooses. */
const NAMED_ALIKE = ['resumable', 'flow'];
/** There is no upload id for now. */
const FAILED = Symbol();

/** One for an upload: `{ uploader, upload_id, file, options, host }`, and what loads the digests. */
export class Keeper {
  #upload;
  #options;
  #digest;
  #failures = 0;
  #hasBegun = false;
  /** The promise of the id under which it begins: nobody asks for a second one. */
  #id = null;
  #key = null;
  /** Under which the server can tell the file from others, if nobody has another id for it. */
  #identifier = null;
  /** What is kept, without and with the time at which it was written. */
  #kept = null;
  #text = null;
  /** What an earlier page has left, until the server has confirmed as much to this one. */
  #found = null;
  /** Lets go of the file, while no other page may send it. */
  #letGo = null;
  #isWatching = false;

  constructor(upload, digest) {
    this.#upload = upload;
    this.#options = upload.options ?? {};
    this.#digest = digest;
  }

  /**
   * Finds it out, until the signal stops it. Tells either what was `recalled`, or what was `learned`
   * instead, or by which words it was `lost` and is tried again. Rejects when something could not
   * be loaded.
   */
  async recall(signal, tell) {
    const { handle, resume } = this.#options;
    this.#upload.uploader.done.catch(({ kind }) => kind === 'cancelled' && this.#drop());
    if (handle && typeof handle.getFile !== 'function') {
      tell.learned(REFUSED, 'expected a FileSystemFileHandle as handle');
    } else if (resume && (await this.#identify(tell))) {
      if (this.#key) await this.#take(signal, tell);
      else await this.#begin(signal, tell);
    } else if (!resume) {
      // The id stays the same when an upload that failed is started again.
      if (this.#hasBegun) this.#go(tell);
      else await this.#begin(signal, tell);
    }
  }

  /** True if it is known which file it is, or that this cannot be known. */
  async #identify(tell) {
    try {
      const made = await this.#digest();
      this.#key ??= await identify(this.#upload, made);
      if (NAMED_ALIKE.includes(protocolOf(this.#options))) {
        this.#identifier ??= await hashOf(this.#key, made);
      }
    } catch (error) {
      if (error.kind === 'file_changed') {
        tell.learned(UNREADABLE, error.message);
        return false;
      }
      this.#failures += 1;
      if (this.#failures < MOST_FAILURES) throw error;
    }
    return true;
  }

  /** Goes on as soon as no other page sends the file. */
  async #take(signal, tell) {
    if (signal.aborted) return this.#upload.uploader.cancelled && this.#drop();
    const wait = () => hold(this.#key, signal, () => tell.learned(OCCUPIED, ''));
    const letGo = this.#letGo ?? (await wait());
    if (!letGo) return;
    if (signal.aborted) return letGo();
    this.#letGo = letGo;
    // Another page need not wait for one that is still being asked for its id.
    signal.addEventListener('abort', () => this.#isWatching || this.#end());
    await this.#look(signal, tell);
  }

  #look(signal, tell) {
    const found = storage.read(this.#key);
    if (this.#hasBegun && !this.#upload.host.driver.checkpoint()) {
      // The server does not know it any more.
      this.#remove();
      this.#id = null;
      return this.#begin(signal, tell);
    }
    // Nobody else has gone on since the last attempt.
    if (this.#hasBegun && (found?.text ?? null) === this.#text) return this.#go(tell);
    if (!found) return this.#begin(signal, tell);
    this.#found = found;
    this.#text = found.text;
    this.#go(tell, found.checkpoint);
  }

  /** Begins a new upload, unless nobody waits for it any more. */
  async #begin(signal, tell) {
    if (signal.aborted) return;
    const id = await this.#askForId(tell);
    if (signal.aborted || id === FAILED) return;
    const own = id || this.#identifier;
    this.#go(tell, own ? storage.newCheckpoint(own) : undefined);
  }

  async #askForId(tell) {
    const { upload_id } = this.#upload;
    const ask = async () => (typeof upload_id === 'function' ? upload_id() : upload_id);
    this.#id ??= ask();
    const asked = this.#id;
    try {
      const id = await asked;
      if (!id || typeof id === 'string') return id;
      tell.learned(REFUSED, `expected a string as upload id, found ${typeof id}`);
    } catch (error) {
      tell.lost(`the function for the upload id failed: ${wordsOf(error)}`);
    }
    if (this.#id === asked) this.#id = null;
    return FAILED;
  }

  /** Lets the upload go on, and watches it even if a callback of the page stops it at once. */
  #go(tell, kept) {
    this.#hasBegun = true;
    if (this.#letGo && !this.#isWatching) this.#watch();
    tell.recalled(kept);
    if (this.#isWatching) this.#save();
  }

  /** Keeps what is new, until this run of the upload is over. */
  #watch() {
    this.#isWatching = true;
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
    this.#letGo?.();
    this.#letGo = null;
    this.#isWatching = false;
  }

  #save() {
    const { uploader, host } = this.#upload;
    const checkpoint = host.driver.checkpoint();
    if (!checkpoint) {
      if (this.#text) this.#remove();
      return;
    }
    if (this.#isUnheard(checkpoint)) {
      uploader.resumable = true;
      return;
    }
    this.#found = null;
    const entry = this.#describe(checkpoint);
    const kept = JSON.stringify(entry);
    if (kept === this.#kept) return;
    const isFirst = this.#kept === null;
    this.#text = storage.write(this.#key, entry);
    this.#kept = this.#text && kept;
    uploader.resumable = this.#text !== null;
    const { handle } = this.#options;
    if (isFirst && this.#text && handle) handles.keep(this.#key, handle);
  }

  /** True if an earlier page has left more than the server has confirmed to this one. */
  #isUnheard([id]) {
    const found = this.#found;
    return found?.checkpoint[0] === id && this.#upload.uploader.bytes_acked < found.bytes_acked;
  }

  #describe(checkpoint) {
    const { filename, bytes_total, bytes_acked } = this.#upload.uploader;
    return {
      checkpoint,
      filename,
      bytes_total,
      bytes_acked,
      protocol: protocolOf(this.#options),
      endpoint: placeOf(this.#upload.host.address),
      scope: this.#options.resume_scope ?? '',
      days: this.#options.resume_days ?? DAYS,
    };
  }

  /** Removes what an earlier page has left, unless another page goes on with it. */
  async #drop() {
    if (!this.#key || this.#isWatching) return;
    const stop = new AbortController();
    const letGo = await hold(this.#key, stop.signal, () => stop.abort());
    if (!letGo) return;
    this.#remove();
    letGo();
  }

  #remove() {
    storage.remove(this.#key);
    handles.drop(this.#key);
    this.#kept = this.#text = this.#found = null;
    this.#upload.uploader.resumable = false;
  }
}

import { newTicket } from './backend.js';

/** Begins at once, but does not keep the page from taking files. */
const loading = import('/pkg/index.js');

/** More is only shown when the server has every byte. */
const ALMOST_ALL = 0.99;

/** One file on its way: owns an uploader, says what there is to show. */
export class Upload {
  file;
  #handle;
  #uploader = null;
  #problem = null;
  #givenUp = false;
  #wasConnected = false;
  /** Counts the resets: a run that was waiting when one came is no longer wanted. */
  #turn = 0;
  #changed;

  constructor(file, handle, changed) {
    this.file = file;
    this.#handle = handle;
    this.#changed = changed;
  }

  /** Settles when this attempt is over, however it ended. */
  async run() {
    const turn = this.#turn;
    try {
      const { Uploader } = await loading;
      if (this.#givenUp || turn !== this.#turn) return;
      this.#uploader = new Uploader(newTicket, this.file, {
        resume: true,
        handle: this.#handle,
        onprogress: () => this.#progressed(),
      });
      await this.#uploader.start().done;
    } catch (error) {
      if (turn === this.#turn) this.#problem = error.message;
    }
    this.#changed();
  }

  #progressed() {
    const { connected, paused } = this.#uploader;
    // To go on after a pause is no loss.
    this.#wasConnected = !paused && (this.#wasConnected || connected);
    this.#changed();
  }

  /** Makes ready for another `run`. */
  reset() {
    this.#uploader = null;
    this.#problem = null;
    this.#givenUp = false;
    this.#wasConnected = false;
    this.#turn += 1;
    this.#changed();
  }

  togglePause() {
    this.#uploader?.pause('toggle');
  }

  cancel() {
    if (this.#uploader) this.#uploader.cancel('cancelled by the user');
    else this.#givenUp = true;
    this.#changed();
  }

  /** The part that has left this page: it moves more smoothly than what the server confirms. */
  get progress() {
    const { bytes_tx = 0, bytes_total = 0, frac_complete = 0 } = this.#uploader ?? {};
    return frac_complete === 1 ? 1 : Math.min(bytes_tx / Math.max(bytes_total, 1), ALMOST_ALL);
  }

  get speed() {
    return this.#uploader?.speed ?? 0;
  }

  get eta() {
    return this.#uploader?.eta ?? null;
  }

  get problem() {
    return this.#problem;
  }

  /** One of: waiting, elsewhere, connecting, reconnecting, uploading, paused, handover, finished, cancelled, failed. */
  get state() {
    const o = this.#uploader;
    if (o?.finished) return 'finished';
    if (this.#givenUp || o?.cancelled) return 'cancelled';
    if (this.#problem !== null) return 'failed';
    if (!o) return 'waiting';
    if (o.paused) return 'paused';
    if (o.frac_complete === 1) return 'handover';
    if (o.connected) return 'uploading';
    if (o.state_msg.startsWith('waiting')) return 'elsewhere';
    return this.#wasConnected ? 'reconnecting' : 'connecting';
  }

  get canPause() {
    return this.#uploader?.can_pause ?? false;
  }

  get isOnItsWay() {
    return ['elsewhere', 'connecting', 'reconnecting', 'uploading', 'paused'].includes(this.state);
  }

  get canCancel() {
    return this.state === 'waiting' || (this.#uploader?.can_cancel ?? false);
  }

  get isOver() {
    return ['finished', 'cancelled', 'failed'].includes(this.state);
  }
}

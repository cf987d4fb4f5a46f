import * as format from './format.js';
import { say } from './news.js';
import { Upload } from './upload.js';

const template = document.querySelector('#upload-row');

/** What a state is called on the page. */
const WORDS = {
  waiting: 'Waiting',
  elsewhere: 'Another page is sending this file',
  connecting: 'Connecting',
  reconnecting: 'Connection lost, trying again',
  uploading: '',
  paused: 'Paused',
  handover: 'Handing over',
  finished: 'Arrived',
  cancelled: 'Cancelled',
  failed: 'Failed',
};

/** Only these are announced: what a person waits for, or has to act on. */
const NEWS = ['reconnecting', 'paused', 'finished', 'cancelled', 'failed'];

/** The row of one file. */
export class Row {
  element = template.content.cloneNode(true).firstElementChild;
  upload;
  #queue;
  #onfinished;
  #announced = 'waiting';
  #willRender = false;

  constructor(file, handle, queue, onfinished) {
    this.upload = new Upload(file, handle, () => this.#changed());
    this.#queue = queue;
    this.#onfinished = onfinished;
    this.#label(file);
    this.element.addEventListener('click', (event) => this.#click(event));
    this.#render();
    queue.add(this.#job);
  }

  #job = () => (this.upload.state === 'cancelled' ? undefined : this.upload.run());

  #label(file) {
    this.#part('.upload-name').textContent = file.name;
    this.#part('.upload-size').textContent = format.size(file.size);
    this.#part('progress').setAttribute('aria-label', `Progress of ${file.name}`);
  }

  #click(event) {
    const button = event.target.closest('button:not([aria-disabled="true"])');
    const action = button?.dataset.do;
    if (action === 'pause') this.upload.togglePause();
    if (action === 'cancel') this.upload.cancel();
    if (action === 'retry') this.#retry();
    if (action === 'remove') this.#remove();
  }

  #retry() {
    this.upload.reset();
    this.#queue.remove(this.#job);
    this.#queue.add(this.#job);
  }

  #remove() {
    this.element.remove();
    this.element.dispatchEvent(new Event('removed'));
  }

  // Progress comes far more often than a screen is drawn.
  #changed() {
    this.#announce();
    if (this.#willRender) return;
    this.#willRender = true;
    requestAnimationFrame(() => this.#render());
  }

  #announce() {
    const { state, file, problem } = this.upload;
    if (state === this.#announced) return;
    this.#announced = state;
    if (NEWS.includes(state)) say(`${file.name}: ${problem ?? WORDS[state]}`);
    if (state === 'finished') this.#onfinished();
  }

  #render() {
    this.#willRender = false;
    const { state, progress, isOver } = this.upload;
    const hasPercent = !isOver && state !== 'waiting';
    this.element.dataset.state = state;
    this.#part('progress').value = progress;
    this.#part('.upload-percent').textContent = hasPercent ? format.percent(progress) : '';
    this.#part('.upload-detail').textContent = this.#detail();
    this.#renderButtons();
  }

  #detail() {
    const { state, speed, eta, problem } = this.upload;
    if (state === 'failed') return `${WORDS.failed}: ${problem}`;
    if (state !== 'uploading') return WORDS[state];
    const parts = [format.speed(speed), eta === null ? null : format.timeLeft(eta)];
    return parts.filter(Boolean).join(', ');
  }

  #renderButtons() {
    const { state, canPause, canCancel, isOnItsWay, isOver } = this.upload;
    this.#button('pause', isOnItsWay, state === 'paused' ? 'Resume' : 'Pause');
    // Hidden for a moment it would lose the focus, and the next key would cancel.
    this.#part('[data-do="pause"]').ariaDisabled = String(!canPause);
    this.#button('cancel', canCancel && !isOver, 'Cancel');
    this.#button('retry', state === 'failed' || state === 'cancelled', 'Retry');
    this.#button('remove', isOver, 'Remove');
  }

  #button(name, visible, word) {
    const button = this.#part(`[data-do="${name}"]`);
    const hadFocus = button === document.activeElement;
    button.hidden = !visible;
    button.textContent = word;
    button.setAttribute('aria-label', `${word} ${this.upload.file.name}`);
    // A button that goes away must not throw a keyboard user back to the top of the page.
    if (hadFocus && !visible) this.#focusNext();
  }

  #focusNext() {
    queueMicrotask(() => (this.#part('button:not([hidden])') ?? this.element).focus());
  }

  #part(selector) {
    return this.element.querySelector(selector);
  }
}

// What the wasm asks of the page for one upload; src/host.rs says what each function is for. What
// comes of it is told to the wasm, unless the attempt that it belongs to is over.

import { addressOf } from './address.js';
import { digester } from './digester.js';
import { sender } from './http.js';
import { INTACT, UNABLE, UNREADABLE, wordsOf } from './outcomes.js';

/** Clocks of waits stand still while a machine sleeps: steps notice it soon after. */
const STEP_MS = 5000;
/** What is so late was asleep. Pages in the background are up to a minute late. */
const SLEPT_MS = 90_000;

/** The host of one upload; `load` loads what hashes, `keep` what resumes after a reload. */
export function hostOf(file, options, settle, load, keep) {
  const send = sender(file, options);
  const digest = digester(file, load);
  const life = new AbortController();
  let attempt = new AbortController();
  let socket = null;
  let isHashing = false;
  const waits = new Map();

  const host = {
    /** The wasm. */
    driver: null,
    /** Where the server is. */
    address: null,

    endpoint(plain, secure, path) {
      host.address = addressOf(options?.endpoint, [plain, secure], path);
      return host.address;
    },

    settle: (outcome) => settle(...outcome),

    connect(number, url) {
      const { signal } = attempt;
      const on = (kind, tell) => socket.addEventListener(kind, tell, { signal });
      socket = new WebSocket(url);
      on('open', () => host.driver.opened(number));
      on('message', ({ data }) => host.driver.received(number, parse(data)));
      on('close', ({ code, reason }) => host.driver.closed(number, code, reason));
    },

    say: (message) => sendOver(JSON.stringify(message)),

    send_range: (start, end) => sendOver(file.slice(start, end)),

    waiting: () => socket?.bufferedAmount ?? 0,

    offline: () => navigator.onLine === false,

    request(number, id, description) {
      const { signal } = attempt;
      const tell = (...outcome) => signal.aborted || host.driver.answered(number, id, ...outcome);
      const loaded = (bytes) => signal.aborted || host.driver.loaded(number, id, bytes);
      send(description, signal, loaded).then(
        ([status, text, digests, later]) => tell(status, text, ...digests, parse(text), later),
        (error) => tell(0, wordsOf(error), '', ''),
      );
    },

    digest(number, start, end) {
      const isWhole = start === 0 && end === file.size;
      if (isWhole && isHashing) return;
      isHashing ||= isWhole;
      const { signal } = isWhole ? life : attempt;
      const tell = (...outcome) => {
        if (isWhole) isHashing = false;
        if (!signal.aborted) host.driver.digested(number, start, end, ...outcome);
      };
      const hashed = isWhole ? (bytes) => signal.aborted || host.driver.hashed(bytes) : undefined;
      digest(start, end, signal, hashed).then(tell, (error) =>
        tell(wordsOf(error), error?.kind === 'file_changed'),
      );
    },

    recall(number) {
      const { signal } = attempt;
      const recalled = (kept) => signal.aborted || host.driver.recalled(number, kept);
      const learned = (...outcome) => signal.aborted || host.driver.learned(number, ...outcome);
      const lost = (words) => signal.aborted || host.driver.answered(number, 0, 0, words, '', '');
      keep()
        .then((keeper) => keeper.recall(signal, { recalled, learned, lost }))
        .catch((error) => learned(UNABLE, wordsOf(error)));
    },

    check(number) {
      const { signal } = attempt;
      const tell = (...outcome) => signal.aborted || host.driver.learned(number, ...outcome);
      const end = file.slice(Math.max(0, file.size - 1));
      end.arrayBuffer().then(
        () => tell(INTACT, ''),
        (error) => tell(UNREADABLE, error.name),
      );
    },

    wait(number, wait, milliseconds) {
      clearTimeout(waits.get(wait));
      const step = Math.min(milliseconds, STEP_MS);
      const due = Date.now() + step;
      const timer = setTimeout(() => {
        const late = Math.max(0, Date.now() - due);
        if (late > SLEPT_MS) host.driver.came_online();
        const left = milliseconds - step - late;
        if (waits.get(wait) !== timer) return;
        if (left > 0) host.wait(number, wait, left);
        else host.driver.woke(number, wait);
      }, step);
      waits.set(wait, timer);
    },

    hang_up() {
      for (const timer of waits.values()) clearTimeout(timer);
      waits.clear();
      attempt.abort();
      attempt = new AbortController();
      socket?.close();
      socket = null;
    },

    let_go() {
      host.hang_up();
      life.abort();
    },
  };

  /** A socket that is no longer open says so by its close event. */
  function sendOver(data) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(data);
  }

  return host;
}

/** A value, or undefined if it is no JSON in a text. */
function parse(text) {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {}
}

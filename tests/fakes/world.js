// A network whose other end is the test, and a clock that can be turned.
//
// One file, because the server of the test runner may never answer a page that asks for more than four at
// a time.

// WebSockets.

const sockets = [];
let refusal = null;

class FakeSocket extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  readyState = FakeSocket.CONNECTING;
  bufferedAmount = 0;
  sent = [];

  constructor(url) {
    super();
    if (refusal) throw new DOMException(refusal, 'SyntaxError');
    this.url = url;
    sockets.push(this);
  }

  send(message) {
    if (this.readyState !== FakeSocket.OPEN) throw new Error('this socket is not open');
    this.sent.push(message);
  }

  close() {
    this.readyState = FakeSocket.CLOSED;
  }

  accept() {
    this.readyState = FakeSocket.OPEN;
    this.dispatchEvent(new Event('open'));
  }

  say(data) {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  end(code, reason) {
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(new CloseEvent('close', { code, reason }));
  }
}

/** From now on no socket leaves the page, and all earlier ones are forgotten. */
export function takeOverSockets() {
  globalThis.WebSocket = FakeSocket;
  sockets.length = 0;
  refusal = null;
}

/** From now on the browser throws at whoever wants a socket. */
export function refuseSockets(words) {
  refusal = words;
}

/** The sockets that were opened, in order. */
export function openedSockets() {
  return sockets;
}

// XMLHttpRequest and fetch.

const requests = [];

/** A request, and how to answer it. */
class FakeRequest {
  isAborted = false;
  isOver = false;

  constructor(how, request, body) {
    Object.assign(this, { how, request, body });
    requests.push(this);
  }

  header(name) {
    return this.request.headers.get(name) ?? undefined;
  }

  /** The fields of the form in order; of a file its name, its type and its bytes as text. */
  async form() {
    const form = this.body instanceof FormData ? this.body : await this.request.clone().formData();
    const fields = [];
    for (const [name, value] of form) {
      const isFile = value instanceof Blob;
      const text = isFile ? `${value.name} ${value.type} ${await value.text()}` : value;
      fields.push([name, text]);
    }
    return fields;
  }

  async text() {
    return this.body instanceof Blob ? this.body.text() : this.request.clone().text();
  }
}

class FakeXhr {
  upload = new EventTarget();
  withCredentials = false;
  status = 0;
  responseText = '';
  responseURL = '';
  #answered = {};
  #headers = new Headers();
  #asked;

  open(method, url) {
    this.#asked = { method, url };
  }

  setRequestHeader(name, value) {
    this.#headers.append(name, value);
  }

  send(body) {
    const credentials = this.withCredentials ? 'include' : 'same-origin';
    this.fake = new FakeRequest(
      'xhr',
      { ...this.#asked, headers: this.#headers, credentials },
      body,
    );
    this.fake.load = (loaded) => {
      this.upload.dispatchEvent(new ProgressEvent('progress', { loaded }));
    };
    this.fake.answer = (answer) => this.#end(answer);
    this.fake.fail = () => this.#end({ status: 0 });
  }

  abort() {
    if (!this.fake || this.fake.isOver) return;
    this.fake.isAborted = true;
    this.#end({ status: 0 });
  }

  getAllResponseHeaders() {
    const lines = Object.entries(this.#answered).map(
      ([name, value]) => `${name.toLowerCase()}: ${value}`,
    );
    return lines.join('\r\n');
  }

  getResponseHeader(name) {
    return new Headers(this.#answered).get(name);
  }

  #end({ status, text = '', headers = {}, url = this.#asked.url }) {
    this.fake.isOver = true;
    this.status = status;
    this.responseText = text;
    this.responseURL = status ? url : '';
    this.#answered = headers;
    this.onloadend?.(new ProgressEvent('loadend'));
  }
}

function fakeFetch(request) {
  const fake = new FakeRequest('fetch', request);
  fake.load = () => {};
  return new Promise((resolve, reject) => {
    const end = (settle) => (given) => {
      fake.isOver = true;
      settle(given);
    };
    fake.answer = end(({ status, text = '', headers = {}, url = request.url }) => {
      const response = new Response(text || null, { status, headers });
      Object.defineProperty(response, 'url', { value: url });
      resolve(response);
    });
    fake.fail = end(() => reject(new TypeError('Failed to fetch')));
    const abort = end(() => {
      fake.isAborted = true;
      reject(request.signal.reason);
    });
    if (request.signal.aborted) abort();
    else request.signal.addEventListener('abort', abort);
  });
}

/** From now on no request leaves the page, and all earlier ones are forgotten. */
export function takeOverRequests() {
  globalThis.XMLHttpRequest = FakeXhr;
  globalThis.fetch = fakeFetch;
  requests.length = 0;
}

/** The requests that were sent, in order. */
export function sentRequests() {
  return requests;
}

// The clock.

const real = {
  now: Date.now,
  performance: performance.now.bind(performance),
  setTimeout: globalThis.setTimeout.bind(globalThis),
};
const state = { begun: 0, factor: 1, asleep: 0 };

const passed = () => (real.performance() - state.begun) * state.factor;

/** From now on all waits are so much shorter, and the clocks run so much faster. */
export function hurry(factor) {
  Object.assign(state, { begun: real.performance(), factor, asleep: 0 });
  const begun = real.now();
  Date.now = () => begun + passed() + state.asleep;
  performance.now = () => state.begun + passed();
  globalThis.setTimeout = (call, ms, ...given) => real.setTimeout(call, ms / factor, ...given);
}

/** The machine sleeps: only the clock of the wall goes on. */
export function sleepFor(ms) {
  state.asleep += ms;
}

/** Time passes as it does. */
export function calmDown() {
  Date.now = real.now;
  performance.now = real.performance;
  globalThis.setTimeout = real.setTimeout;
}

/** A moment in which whatever is due can happen; a hundredth of a second of the wall. */
export function soon() {
  return new Promise((resolve) => real.setTimeout(resolve, 10));
}

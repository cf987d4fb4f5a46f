// XMLHttpRequest and fetch whose server is the test.

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

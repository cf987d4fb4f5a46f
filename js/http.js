// Requests as the wasm describes them. File bytes leave by XMLHttpRequest, because only it tells
// how many have left; everything else by fetch, and everything if the page wants it so.

import { asking, told } from './verify.js';

const EXPECTED = {
  headers: ['an object, or a function that returns one,', isGiven],
  params: ['an object, or a function that returns one,', isGiven],
  with_credentials: ['true or false', (value) => typeof value === 'boolean'],
  transport: ["'xhr' or 'fetch'", (value) => value === 'xhr' || value === 'fetch'],
};

function isGiven(value) {
  return typeof value === 'function' || (typeof value === 'object' && !Array.isArray(value));
}

/** Makes the function that sends requests with what the page adds to each. */
export function sender(file, options) {
  for (const [name, [expected, isRight]] of Object.entries(EXPECTED)) {
    const value = options?.[name] ?? undefined;
    if (value !== undefined && !isRight(value)) {
      throw new TypeError(`incoming.Uploader: expected ${expected} as ${name}`);
    }
  }
  return (description, signal, loaded) =>
    exchange(file, description, options ?? {}, signal, loaded);
}

async function exchange(file, description, options, signal, loaded) {
  const [method, url, plus, query, ownHeaders, digests, fields, range, part, filename] =
    description;
  const bytes = range && slice(file, range);
  const headers = new Headers([...ownHeaders, ...asking(digests)]);
  // A file that is sent whole would say its own type.
  if (range?.[2] && !part) headers.set('Content-Type', range[2]);
  for (const [name, value] of await given(options, 'headers')) headers.set(name, value);
  const params = await given(options, 'params');
  signal.throwIfAborted();
  const search = encode(query, params, plus);
  const request = {
    method,
    url: search ? url + (url.includes('?') ? '&' : '?') + search : url,
    headers,
    body: part ? multipart(fields, params, part, bytes, filename) : (bytes ?? form(fields, params)),
    credentials: options.with_credentials,
    digests,
    signal,
  };
  const byXhr = bytes && options.transport !== 'fetch' && typeof XMLHttpRequest === 'function';
  return byXhr ? xhr(request, loaded) : viaFetch(request);
}

/**
 * A part of the file, without reading it. The whole is the file itself, which costs the browser less
 * than a slice of everything, and keeps its own type.
 */
function slice(file, [start, end, type]) {
  return end - start === file.size ? file : file.slice(start, end, type ?? file.type);
}

/** A function is called anew for every request and may return a promise. */
async function given(options, name) {
  const value = options[name];
  const found = (typeof value === 'function' ? await value() : value) ?? {};
  if (typeof found !== 'object') throw new TypeError(`expected an object as ${name}`);
  // Headers, URLSearchParams, FormData and Map are lists of pairs themselves.
  return pairs(Symbol.iterator in found ? [...found] : Object.entries(found));
}

/** `{ a: { b: 1 } }` is `a[b]=1`. */
function pairs(entries, prefix) {
  return entries.flatMap(([key, value]) => {
    const name = prefix === undefined ? key : `${prefix}[${key}]`;
    if (value === undefined || value === null) return [];
    return typeof value === 'object' ? pairs(Object.entries(value), name) : [[name, String(value)]];
  });
}

/** Puts the page's own parameters where their prefix stands. */
function expand(fields, params) {
  return fields.flatMap((field) =>
    field.length > 1 ? [field] : params.map(([name, value]) => [field[0] + name, value]),
  );
}

function encode(fields, params, plus) {
  const encoded = (text) => {
    const escaped = encodeURIComponent(text);
    return plus ? escaped.replaceAll('%20', '+') : escaped;
  };
  return expand(fields, params)
    .map((pair) => pair.map(encoded).join('='))
    .join('&');
}

function form(fields, params) {
  return fields && new URLSearchParams(expand(fields, params));
}

function multipart(fields, params, part, bytes, filename) {
  const data = new FormData();
  for (const [name, value] of expand(fields, params)) data.append(name, value);
  if (filename === undefined) data.append(part, bytes);
  else data.append(part, bytes, filename);
  return data;
}

function xhr({ method, url, headers, body, credentials, digests, signal }, loaded) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.withCredentials = credentials === true;
    for (const [name, value] of headers) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => signal.aborted || loaded(event.loaded);
    request.onload = () => {
      const header = (name) => request.getResponseHeader(name);
      resolve(answer(request.status, request.responseText, digests, header));
    };
    request.onerror = () => reject(new Error('there was no answer'));
    const abort = () => request.abort();
    signal.addEventListener('abort', abort);
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.send(body);
  });
}

async function viaFetch({ method, url, headers, body, credentials, digests, signal }) {
  // Another question with the same address would wait for the one that was given up.
  const init = { method, headers, body, signal, cache: 'no-store' };
  if (credentials) init.credentials = 'include';
  const response = await fetch(url, init);
  const header = (name) => response.headers.get(name);
  return answer(response.status, await response.text(), digests, header);
}

/** Status, text, digests, and in how many seconds the server wants to be asked again. */
function answer(status, text, digests, header) {
  return [status, text, told(digests, header), status < 400 ? 0 : retryAfter(header)];
}

/** In seconds or as a date, which is that of the server's clock. */
function retryAfter(header) {
  const after = header('Retry-After');
  if (!after || /^\d+$/.test(after)) return Number(after);
  const now = Date.parse(header('Date')) || Date.now();
  return Math.ceil((Date.parse(after) - now) / 1000);
}

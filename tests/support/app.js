import { once } from 'node:events';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { pkg } from '../../scripts/lib/paths.js';
import { atEnd } from './cleanup.js';
import { md5Of } from './files.js';
import { until } from './wait.js';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
};

export const STRICT_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws:; img-src data:";

/** A web application: serves pages, buys tickets and takes files over. */
export class App {
  /** How it answers a handover; see `answers`. */
  answer = 'done';
  /** Whether it computes the MD5 of what it takes over. */
  hashes = true;
  /** What it asks for with every ticket. */
  ticketParameters = {};
  /** What the server told it, in order. */
  handovers = [];
  #http;
  #folders;
  #policy;
  #upload;

  /** `folders` maps the first part of a path to a folder, and `''` to where all else is. */
  static async start(t, { server, folders, policy = null }) {
    const app = new App(server, folders, policy);
    await once(app.#http.listen(0, '127.0.0.1'), 'listening');
    app.url = `http://127.0.0.1:${app.#http.address().port}`;
    atEnd(t, () => app.#stop());
    return app;
  }

  constructor(server, folders, policy) {
    this.#upload = server;
    this.#folders = { pkg, ...folders };
    this.#policy = policy;
    this.#http = createServer((request, response) => this.#route(request, response));
  }

  newTicket() {
    const signalFinishURL = `${this.url}/handover`;
    return this.#upload.call('new_upload', { signalFinishURL, ...this.ticketParameters });
  }

  finish(id) {
    return this.#upload.call('finish_upload', { id });
  }

  /** What the server told about this upload, as soon as it has. */
  told(id) {
    return until(`the application hears of ${id}`, () => this.handovers.find((h) => h.id === id));
  }

  #route(request, response) {
    const { pathname } = new URL(request.url, this.url);
    if (request.method === 'POST') this.#handover(request, response);
    else if (pathname === '/ticket') this.newTicket().then((ticket) => response.end(ticket));
    else this.#file(pathname, response);
  }

  async #handover(request, response) {
    const chunks = await request.toArray();
    const told = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    if (this.hashes && existsSync(told.filename)) told.md5 = await md5Of(told.filename);
    this.handovers.push(told);
    const [status, text] = ANSWERS[this.answer] ?? [200, this.answer];
    if (text === null) return;
    response.writeHead(status, { 'content-length': text.length }).end(text);
  }

  #file(pathname, response) {
    const [, first, ...rest] = pathname.split('/');
    const inFolder = first in this.#folders && rest.length > 0;
    const folder = this.#folders[inFolder ? first : ''];
    const name = (inFolder ? rest.join('/') : pathname.slice(1)) || 'index.html';
    const file = path.join(folder, path.normalize(`/${name}`));
    if (!existsSync(file) || statSync(file).isDirectory()) {
      response.writeHead(404).end();
      return;
    }
    const head = { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' };
    if (this.#policy) head['content-security-policy'] = this.#policy;
    createReadStream(file).pipe(response.writeHead(200, head));
  }

  #stop() {
    this.#http.closeAllConnections();
    this.#http.close();
  }
}

/** Status and text by name; no text at all is an application that never answers. */
const ANSWERS = {
  error: [500, 'out of order'],
  silence: [200, null],
};

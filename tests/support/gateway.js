import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { atEnd } from './cleanup.js';
import { Exchange } from './http.js';

/** Stands in front of a server as a proxy does, and answers whatever a test wants it to. */
export class Gateway {
  /** What came since it was last told how to behave, in order. */
  requests = [];
  #answer = () => undefined;
  #http;

  static async start(t, targetPort) {
    const gateway = new Gateway();
    const http = createServer((asked, reply) => gateway.#meet(asked, reply, targetPort));
    http.on('upgrade', (asked, socket) => gateway.#connect(asked, socket, targetPort));
    gateway.#http = await once(http.listen(0, '127.0.0.1'), 'listening').then(() => http);
    gateway.host = `127.0.0.1:${http.address().port}`;
    gateway.url = `http://${gateway.host}`;
    atEnd(t, () => gateway.#stop());
    return gateway;
  }

  /**
   * From now on `answer(request)` says what a request is answered with: status, headers and body. It is
   * passed on if that is nothing, and never answered if that is null.
   */
  behave(answer = () => undefined) {
    this.requests = [];
    this.#answer = answer;
  }

  /** Cuts every connection that is open. */
  cut() {
    this.#http.closeAllConnections();
  }

  /** The requests for a path or what is below it. */
  asked(path) {
    return this.requests.filter((r) => r.path === path || r.path.startsWith(`${path}/`));
  }

  /** Those that carried bytes. */
  sent(path) {
    return this.asked(path).filter(({ method }) => method === 'POST');
  }

  async #meet(asked, reply, port) {
    const body = Buffer.concat(await asked.toArray().catch(() => []));
    const { method, url, headers } = asked;
    const exchange = new Exchange({ at: performance.now(), first: [method, url], headers, body });
    exchange.size = body.length;
    exchange.number = this.requests.push(exchange);
    const answer = await this.#answer(exchange);
    if (answer === undefined) return passOn(asked, body, reply, port);
    if (answer === null) return undefined;
    exchange.status = answer.status ?? 200;
    return reply.writeHead(exchange.status, answer.headers).end(answer.body);
  }

  /** A WebSocket is passed on as it is. */
  async #connect(asked, socket, port) {
    socket.on('error', () => socket.destroy());
    const { method, url, headers } = asked;
    const first = [method, url];
    const exchange = new Exchange({ at: performance.now(), first, headers, body: Buffer.alloc(0) });
    exchange.number = this.requests.push(exchange);
    const answer = await this.#answer(exchange);
    if (answer) return socket.end(`HTTP/1.1 ${answer.status} No\r\nContent-Length: 0\r\n\r\n`);
    const server = connect(port, '127.0.0.1');
    server.on('error', () => socket.destroy());
    server.write(`${method} ${url} HTTP/1.1\r\n${headLines(asked.rawHeaders)}\r\n`);
    return server.pipe(socket).pipe(server);
  }

  #stop() {
    this.cut();
    this.#http.close();
  }
}

/** A page as portals and login forms show it. */
export function htmlPage(title, status = 200) {
  const body = `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1></html>`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}

export function redirect(location, status = 302) {
  return { status, headers: { location } };
}

export function json(value, status = 200) {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify(value) };
}

function passOn(asked, body, reply, port) {
  const { method, url: path, headers } = asked;
  const onward = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    reply.writeHead(answer.statusCode, answer.headers);
    answer.pipe(reply);
  });
  onward.on('error', () => reply.destroy());
  onward.end(body);
}

function headLines(raw) {
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) lines += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return lines;
}

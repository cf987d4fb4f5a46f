const HEAD_END = '\r\n\r\n';
/** Of a body only so much is kept: the fields of a form that stand before the file. */
const KEPT_OF_BODY = 16 * 1024;

/** Reads one direction of a connection as HTTP/1.1 and keeps what every message says. */
export class HttpReader {
  /** All messages so far; the last one may still be under way. */
  messages = [];
  #buffer = Buffer.alloc(0);
  #left = 0;

  push(data) {
    this.#buffer = this.#left > 0 ? this.#body(data) : Buffer.concat([this.#buffer, data]);
    while (this.#left === 0 && this.#readHead());
  }

  /** Whether the last message has ended. One that asks for an upgrade has no body. */
  get isComplete() {
    return this.#left === 0 || this.messages.at(-1)?.headers.upgrade !== undefined;
  }

  /** Takes the part that belongs to the body; returns the rest. */
  #body(data) {
    const part = data.subarray(0, this.#left);
    const message = this.messages.at(-1);
    const room = KEPT_OF_BODY - message.body.length;
    if (room > 0) message.body = Buffer.concat([message.body, part.subarray(0, room)]);
    this.#left -= part.length;
    return data.subarray(part.length);
  }

  #readHead() {
    const end = this.#buffer.indexOf(HEAD_END);
    if (end < 0) return false;
    const [first, ...lines] = this.#buffer.subarray(0, end).toString().split('\r\n');
    const headers = Object.fromEntries(lines.map(parseHeader));
    const at = performance.now();
    this.messages.push({ at, first: first.split(' '), headers, body: Buffer.alloc(0) });
    this.#left = bodyLength(first, headers);
    const rest = this.#buffer.subarray(end + HEAD_END.length);
    this.#buffer = this.#left > 0 ? this.#body(rest) : rest;
    return true;
  }
}

/** A request and, as soon as there is one, the status of its answer. */
export class Exchange {
  constructor({ at, first: [method, target], headers, body }, response) {
    const url = new URL(target, 'http://server');
    this.at = at;
    this.method = method;
    this.path = url.pathname;
    this.headers = headers;
    this.query = Object.fromEntries(url.searchParams);
    this.form = formOf(headers['content-type'] ?? '', body);
    this.status = response && Number(response.first[1]);
  }

  /** What the request says, wherever it says it. */
  get fields() {
    return { ...this.query, ...this.form };
  }
}

function parseHeader(line) {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** What is no message with a length is taken as one whose body never ends. */
function bodyLength(first, headers) {
  if ('content-length' in headers) return Number(headers['content-length']);
  const isRequest = !first.startsWith('HTTP/');
  const isUpgraded = headers.upgrade !== undefined;
  const isEmpty = (isRequest && !isUpgraded) || / (204|304) ?/.test(first);
  return isEmpty ? 0 : Number.POSITIVE_INFINITY;
}

function formOf(type, body) {
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(body.toString()));
  }
  const boundary = type.match(/^multipart\/form-data; boundary=(.+)$/)?.[1];
  if (!boundary) return {};
  const parts = body.toString().split(`--${boundary}`).slice(1);
  return Object.fromEntries(parts.flatMap(textField));
}

/** The name and the value of a part, unless it is a file. */
function textField(part) {
  const [, head = '', value = ''] = part.match(/^\r\n(.*?)\r\n\r\n(.*)\r\n$/s) ?? [];
  const name = head.match(/ name="([^"]*)"/)?.[1];
  return name === undefined || head.includes('filename=') ? [] : [[name, value]];
}

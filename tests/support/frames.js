const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;

/** Reads one direction of a connection: when its HTTP head is a WebSocket's, reports messages. */
export class FrameReader {
  #buffer = Buffer.alloc(0);
  #state = 'head';
  #toSkip = 0;
  #messageBytes = 0;
  #report;

  /** `report` gets `{ json }` for every text message and `{ bytes }` for every binary one. */
  constructor(report) {
    this.#report = report;
  }

  push(data) {
    if (this.#state === 'other') return;
    const skipped = Math.min(this.#toSkip, data.length);
    this.#toSkip -= skipped;
    this.#buffer = Buffer.concat([this.#buffer, data.subarray(skipped)]);
    if (this.#state === 'head') this.#readHead();
    while (this.#state === 'frames' && this.#toSkip === 0 && this.#readFrame());
  }

  #readHead() {
    const end = this.#buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#buffer.subarray(0, end).toString();
    this.#state = /^upgrade: websocket/im.test(head) ? 'frames' : 'other';
    this.#buffer = this.#buffer.subarray(end + 4);
  }

  /** Whether there was a whole frame, or a binary one whose bytes can be skipped. */
  #readFrame() {
    const head = parseHead(this.#buffer);
    if (head === null) return false;
    const available = this.#buffer.length - head.size;
    const isData = head.opcode === BINARY || head.opcode === CONTINUATION;
    if (!isData && available < head.length) return false;
    const end = head.size + Math.min(available, head.length);
    if (head.opcode === TEXT) this.#text(head, this.#buffer.subarray(head.size, end));
    if (isData) this.#data(head);
    this.#toSkip = Math.max(head.length - available, 0);
    this.#buffer = this.#buffer.subarray(end);
    return true;
  }

  /** Browsers send one large message as many frames. */
  #data({ length, isLast }) {
    this.#messageBytes += length;
    if (!isLast) return;
    this.#report({ bytes: this.#messageBytes });
    this.#messageBytes = 0;
  }

  #text({ mask }, payload) {
    const bytes = mask ? payload.map((byte, i) => byte ^ mask[i % 4]) : payload;
    this.#report({ json: JSON.parse(Buffer.from(bytes).toString('utf8')) });
  }
}

function parseHead(buffer) {
  if (buffer.length < 2) return null;
  const opcode = buffer[0] & 15;
  const isLast = (buffer[0] & 128) !== 0;
  const isMasked = (buffer[1] & 128) !== 0;
  const short = buffer[1] & 127;
  const lengthBytes = { 126: 2, 127: 8 }[short] ?? 0;
  const size = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (buffer.length < size) return null;
  const length = lengthBytes === 0 ? short : longLength(buffer, lengthBytes);
  return { opcode, isLast, length, size, mask: isMasked ? buffer.subarray(size - 4, size) : null };
}

function longLength(buffer, bytes) {
  return bytes === 2 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
}

import { FrameReader } from './frames.js';
import { Exchange, HttpReader } from './http.js';

const REFUSAL = Buffer.from(
  'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\nContent-Type: text/plain\r\n\r\nbroken',
);

/** What passed over one connection. */
export class Connection {
  fromClient = [];
  fromServer = [];
  up = new FrameReader((message) => this.fromClient.push(message));
  down = new FrameReader((message) => this.fromServer.push(message));
  #requests = new HttpReader();
  #responses = new HttpReader();
  #client;
  #sockets;
  #isRefusing = false;

  constructor(client, server) {
    this.#client = client;
    this.#sockets = [client, server];
    for (const socket of this.#sockets) socket.on('error', () => this.cut());
  }

  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes what the client sends; false if it is not to pass, because the request is refused. */
  sees(data, isToBeRefused) {
    const { length } = this.#requests.messages;
    this.up.push(data);
    this.#requests.push(data);
    const begins = this.#requests.messages.length > length;
    if (begins && !this.#isRefusing) this.#isRefusing = isToBeRefused();
    if (!this.#isRefusing) return true;
    if (this.#requests.isComplete) this.#refuse();
    return false;
  }

  #refuse() {
    this.#isRefusing = false;
    this.#client.write(REFUSAL);
    this.hears(REFUSAL);
  }

  /** Takes what the server sends. */
  hears(data) {
    this.down.push(data);
    this.#responses.push(data);
  }

  get isOpen() {
    return this.#sockets.every((socket) => !socket.destroyed);
  }

  get isSocket() {
    return this.exchanges.some(({ headers }) => headers.upgrade !== undefined);
  }

  get exchanges() {
    const { messages } = this.#responses;
    return this.#requests.messages.map((request, i) => new Exchange(request, messages[i]));
  }

  get bytesSent() {
    return this.fromClient.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  }

  /** Where the server said that the file goes on. */
  get start() {
    return this.#texts('MsgUploadConf')[0]?.FilePos;
  }

  /** How far the client knew that the file had arrived when the connection ended. */
  get acknowledged() {
    return this.#texts('MsgChunkAck').reduce((sum, { ChunkSize }) => sum + ChunkSize, this.start);
  }

  #texts(type) {
    return this.fromServer
      .filter(({ json }) => json?.MsgType === type)
      .map(({ json }) => json.MsgData);
  }
}

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FrameReader } from './frames.js';
import { Exchange, HttpReader } from './http.js';

/** Stands between browser and server: watches what is said, slows it down, cuts the wire. */
export class Relay {
  /** Every connection so far, in order; each knows what passed. */
  connections = [];
  /** While true, nobody gets through. */
  refuse = false;
  /** While true, nothing moves, and nobody is told. */
  frozen = false;
  /** The speed of the way up, for all that passes from now on. */
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** How long everything that comes down is on its way. */
  downSeconds = 0;
  /** Called with all that goes up, and its connection. */
  onUp = () => {};
  #server;

  static async start(t, targetPort) {
    const proxy = new Relay(targetPort);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    proxy.port = proxy.#server.address().port;
    proxy.host = `127.0.0.1:${proxy.port}`;
    t.after(() => proxy.#stop());
    return proxy;
  }

  constructor(targetPort) {
    this.#server = createServer((client) => this.#accept(client, targetPort));
  }

  /** Cuts every connection that is open. */
  cut() {
    for (const connection of this.connections) connection.cut();
  }

  /** The bytes of the file that were sent, over all connections. */
  get bytesSent() {
    return this.connections.reduce((sum, connection) => sum + connection.bytesSent, 0);
  }

  /** The HTTP requests for a path or what is below it, in the order in which they began. */
  requests(path) {
    const all = this.connections.flatMap((connection) => connection.exchanges);
    return all
      .filter((exchange) => exchange.path === path || exchange.path.startsWith(`${path}/`))
      .sort((a, b) => a.at - b.at);
  }

  #accept(client, targetPort) {
    if (this.refuse) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(targetPort, '127.0.0.1');
    const connection = new Connection(client, server);
    this.connections.push(connection);
    const watchUp = (data) => {
      connection.sees(data);
      this.onUp(data, connection);
    };
    this.#pump(client, server, watchUp, (length) => length / this.bytesPerSecond);
    this.#pump(
      server,
      client,
      (data) => connection.hears(data),
      () => this.downSeconds,
    );
  }

  async #pump(from, to, watch, takesSeconds) {
    try {
      for await (const data of from) {
        while (this.frozen) await sleep(10);
        await sleepSeconds(takesSeconds(data.length));
        // What stood here when the wire was cut has not passed.
        if (from.destroyed) return;
        watch(data);
        if (!to.write(data)) await once(to, 'drain');
      }
      to.end();
    } catch {
      to.destroy();
    }
  }

  #stop() {
    this.frozen = false;
    this.cut();
    this.#server.close();
  }
}

/** What passed over one connection. */
class Connection {
  fromClient = [];
  fromServer = [];
  up = new FrameReader((message) => this.fromClient.push(message));
  down = new FrameReader((message) => this.fromServer.push(message));
  #requests = new HttpReader();
  #responses = new HttpReader();
  #sockets;

  constructor(...sockets) {
    this.#sockets = sockets;
    for (const socket of sockets) socket.on('error', () => this.cut());
  }

  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes what the client sends. */
  sees(data) {
    this.up.push(data);
    this.#requests.push(data);
  }

  /** Takes what the server sends. */
  hears(data) {
    this.down.push(data);
    this.#responses.push(data);
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

async function sleepSeconds(seconds) {
  if (seconds > 0) await sleep(seconds * 1000);
}

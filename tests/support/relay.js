import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from './cleanup.js';
import { Connection } from './connection.js';

/** A piece of this size is of a file, and not the beginning of a message. */
const LARGE = 32 * 1024;
const NOTHING = Buffer.alloc(0);

/** Stands between browser and server: watches what is said, and does what bad networks do. */
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
  /** Of which large pieces that go up, counted from 0, a bit is flipped. */
  flips = [];
  /** In how many large pieces to come that go up the wire is cut, when half has passed. */
  truncations = 0;
  /** How many requests to come are answered with status 500 instead of passing. */
  refusals = 0;
  /** How many bytes came from the browser, whatever they were. */
  bytesUp = 0;
  /** How many bits were flipped. */
  flipped = 0;
  #largePieces = 0;
  /** Called with all that goes up, and its connection. */
  onUp = () => {};
  #server;

  static async start(t, targetPort) {
    const proxy = new Relay(targetPort);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    proxy.port = proxy.#server.address().port;
    proxy.host = `127.0.0.1:${proxy.port}`;
    atEnd(t, () => proxy.#stop());
    return proxy;
  }

  constructor(targetPort) {
    this.#server = createServer((client) => this.#accept(client, targetPort));
  }

  /** Cuts every connection that is open. */
  cut() {
    for (const connection of this.connections) connection.cut();
  }

  /** Flips a bit of the next large piece that goes up. */
  flipNext() {
    this.flips.push(this.#largePieces);
  }

  /** The bytes of the file that were sent, over all connections. */
  get bytesSent() {
    return this.connections.reduce((sum, connection) => sum + connection.bytesSent, 0);
  }

  /** Whether a WebSocket is open. */
  get isCarryingSockets() {
    return this.connections.some((connection) => connection.isSocket && connection.isOpen);
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
    const passUp = (data) => {
      this.bytesUp += data.length;
      this.#damage(data);
      const passes = connection.sees(data, () => this.#isDue('refusals'));
      this.onUp(data, connection);
      return passes ? this.#truncate(data) : NOTHING;
    };
    const passDown = (data) => {
      connection.hears(data);
      return data;
    };
    this.#pump(client, server, passUp, (length) => length / this.bytesPerSecond);
    this.#pump(server, client, passDown, () => this.downSeconds);
  }

  async #pump(from, to, pass, takesSeconds) {
    try {
      for await (const data of from) {
        while (this.frozen) await sleep(10);
        await sleepSeconds(takesSeconds(data.length));
        // What stood here when the wire was cut has not passed.
        if (from.destroyed) return;
        const passed = pass(data);
        if (passed.length > 0 && !to.write(passed)) await once(to, 'drain');
        if (0 < passed.length && passed.length < data.length) break;
      }
      to.end();
    } catch {
      to.destroy();
    }
  }

  /** What passes of a piece that goes up. */
  #truncate(data) {
    const isCut = data.length >= LARGE && this.#isDue('truncations');
    return isCut ? data.subarray(0, data.length >> 1) : data;
  }

  /** Whether one of so many faults is to happen now. */
  #isDue(fault) {
    const isDue = this[fault] > 0;
    if (isDue) this[fault] -= 1;
    return isDue;
  }

  #damage(data) {
    if (data.length < LARGE) return;
    if (this.flips.includes(this.#largePieces)) {
      data[data.length >> 1] ^= 4;
      this.flipped += 1;
    }
    this.#largePieces += 1;
  }

  #stop() {
    this.frozen = false;
    this.cut();
    this.#server.close();
  }
}

async function sleepSeconds(seconds) {
  if (seconds > 0) await sleep(seconds * 1000);
}

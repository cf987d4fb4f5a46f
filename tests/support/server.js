import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { root, target } from '../../scripts/lib/paths.js';
import { atEnd } from './cleanup.js';
import { until } from './wait.js';

const BINARY = process.env.INCOMING_SERVER ?? path.join(target, 'debug', 'incoming-server');

/** The real server, as a child process on a free port of the loopback. */
export class Server {
  #child = null;
  #args;
  #log = '';

  static async start(t, { storage, args = [] }) {
    const server = new Server(await freePort(), storage, args);
    if (t) atEnd(t, () => server.kill());
    await server.start();
    return server;
  }

  constructor(port, storage, args) {
    this.port = port;
    this.host = `127.0.0.1:${port}`;
    this.url = `http://${this.host}`;
    this.#args = ['--listen', this.host, '--storage', storage, ...args];
  }

  async start() {
    this.#child = spawn(BINARY, this.#args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (text) => {
        this.#log += text;
      });
    }
    await until('the server answers', () => this.#isUp());
  }

  /** Ends the process as a power cut would: it gets no chance to tidy up. */
  async kill() {
    if (!this.#isRunning()) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Calls one of the functions for web applications; throws what it answers unless that is 200. */
  async call(name, parameters) {
    const response = await fetch(`${this.url}/incoming/0.1/backend/${name}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${name}: ${response.status} ${text}`);
    return text;
  }

  async #isUp() {
    if (!this.#isRunning()) throw new Error(`the server ended:\n${this.#log}`);
    const response = await fetch(`${this.url}/healthz`).catch(() => null);
    return response?.ok;
  }

  #isRunning() {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

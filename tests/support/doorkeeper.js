import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { atEnd } from './cleanup.js';

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Expose-Headers': 'Retry-After, Date',
};

/** Stands before a server, on an origin of its own, and turns requests away. */
export class Doorkeeper {
  /** What the next requests are told: status and headers of each. */
  refusals = [];
  /** When requests came that were turned away, and that were not. */
  refused = [];
  admitted = [];

  static async start(t, targetPort) {
    const doorkeeper = new Doorkeeper();
    const http = createServer((asked, answer) => doorkeeper.#meet(asked, answer, targetPort));
    await once(http.listen(0, '127.0.0.1'), 'listening');
    atEnd(t, () => {
      http.closeAllConnections();
      http.close();
    });
    doorkeeper.url = `http://127.0.0.1:${http.address().port}`;
    return doorkeeper;
  }

  #meet(asked, answer, port) {
    if (asked.method === 'OPTIONS') return answer.writeHead(204, CORS).end();
    const refusal = this.refusals.shift();
    if (!refusal) {
      this.admitted.push(Date.now());
      const { method, url: path, headers } = asked;
      const onward = request({ host: '127.0.0.1', port, method, path, headers }, (reply) => {
        answer.writeHead(reply.statusCode, { ...reply.headers, ...CORS });
        reply.pipe(answer);
      });
      return asked.pipe(onward);
    }
    asked.resume().on('end', () => {
      this.refused.push(Date.now());
      answer.writeHead(refusal.status, { ...CORS, ...refusal.headers }).end('come back later');
    });
  }
}

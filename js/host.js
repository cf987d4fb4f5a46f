// What the wasm asks of the page for one upload: src/host.rs says what each function is for.

import { digester } from './digester.js';
import { sender } from './http.js';

let hostname = null;

/** Sets the host of the server of all uploaders made from now on that are given no endpoint. */
export function set_server_hostname(name) {
  if (name !== null && name !== undefined && typeof name !== 'string') {
    throw new TypeError(
      'incoming.set_server_hostname: expected a host such as "example.org:4000", or null',
    );
  }
  hostname = name || null;
}

/** The host of one upload; `load` loads what hashes. */
export function hostOf(file, options, settle, load) {
  return {
    digest: digester(file, load),
    send: sender(options),
    settle: (outcome) => settle(...outcome),
    endpoint: (plain, secure, path) => endpoint(options?.endpoint, [plain, secure], path),
  };
}

/** As chosen, with the scheme that the protocol needs, or of the protocol on a host. */
function endpoint(chosen, [plain, secure], path) {
  if (chosen !== undefined && chosen !== null) {
    const url = addressOf(chosen);
    const scheme = /^(http|ws)s:$/.test(url.protocol) ? secure : plain;
    return scheme + url.href.slice(url.protocol.length - 1);
  }
  const host = hostname ?? location.host;
  if (!host) {
    throw new TypeError(
      'incoming.Uploader: no server is known, because this page has no host; ' +
        'call set_server_hostname or pass the option endpoint',
    );
  }
  return `${location.protocol === 'http:' ? plain : secure}://${host}${path}`;
}

function addressOf(chosen) {
  try {
    const url = new URL(chosen, location.href);
    if (typeof chosen === 'string' && /^(http|ws)s?:$/.test(url.protocol)) return url;
  } catch {}
  throw new TypeError(
    'incoming.Uploader: expected a URL that begins with ws:, wss:, http: or https: as endpoint',
  );
}

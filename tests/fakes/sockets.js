// WebSockets whose other end is the test.

const sockets = [];
let refusal = null;

class FakeSocket extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  readyState = FakeSocket.CONNECTING;
  bufferedAmount = 0;
  sent = [];

  constructor(url) {
    super();
    if (refusal) throw new DOMException(refusal, 'SyntaxError');
    this.url = url;
    sockets.push(this);
  }

  send(message) {
    if (this.readyState !== FakeSocket.OPEN) throw new Error('this socket is not open');
    this.sent.push(message);
  }

  close() {
    this.readyState = FakeSocket.CLOSED;
  }

  accept() {
    this.readyState = FakeSocket.OPEN;
    this.dispatchEvent(new Event('open'));
  }

  say(data) {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  end(code, reason) {
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(new CloseEvent('close', { code, reason }));
  }
}

/** From now on no socket leaves the page, and all earlier ones are forgotten. */
export function takeOverSockets() {
  globalThis.WebSocket = FakeSocket;
  sockets.length = 0;
  refusal = null;
}

/** From now on the browser throws at whoever wants a socket. */
export function refuseSockets(words) {
  refusal = words;
}

/** The sockets that were opened, in order. */
export function openedSockets() {
  return sockets;
}

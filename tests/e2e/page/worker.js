import incoming from '/pkg/index.js';

/** Uploads what a page sends, and says how it ended. */
self.onmessage = async ({ data: { ticket, file, options } }) => {
  const words = [];
  try {
    const o = incoming.Uploader(ticket, file, options);
    o.subscribe(() => words.push(o.state));
    await o.start().done;
    self.postMessage({ ok: true, words });
  } catch ({ name, kind, code, message }) {
    self.postMessage({ ok: false, name, kind, code, message, words });
  }
};

self.postMessage('ready');

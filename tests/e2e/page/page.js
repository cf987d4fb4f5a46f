import incoming from '/pkg/index.js';

const CALLBACKS = ['onprogress', 'onfinished', 'oncancelled', 'onerror'];

/** What the tests talk to. */
window.incoming = incoming;
window.uploads = [];
window.files = () => [...document.querySelector('#files').files];

/** Makes an uploader that writes down what it is told; returns its number. */
window.makeUpload = (ticket, fileNumber, options) => {
  const o = incoming.Uploader(ticket, window.files()[fileNumber], options);
  const upload = { o, calls: [], progress: [], said: [], outcome: null };
  for (const name of CALLBACKS) o[name] = (self) => note(upload, name, self);
  o.done.then(
    (self) => {
      upload.outcome = { ok: self === o };
    },
    (error) => {
      upload.outcome = describe(error);
    },
  );
  return window.uploads.push(upload) - 1;
};

function note(upload, name, self) {
  if (self !== upload.o) throw new Error(`${name} got something else than its uploader`);
  if (name !== 'onprogress') return upload.calls.push(name);
  upload.progress.push(self.frac_complete);
  return listen(upload.said, self);
}

/** Writes down what an uploader says, if it is something else than before. */
function listen(said, { state, state_msg, last_error }) {
  const why = last_error && { kind: last_error.kind, message: last_error.message };
  const now = { state, state_msg, last_error: why };
  if (JSON.stringify(said.at(-1)) !== JSON.stringify(now)) said.push(now);
}

function describe(error) {
  const { name, kind, code, message } = error;
  return { ok: false, name, kind, code, message, isError: error instanceof incoming.UploadError };
}

// Compiled only: what a page may write, and what the types must refuse.

import incoming, {
  type ErrorKind,
  fingerprint,
  fingerprint_chunks,
  forget,
  pending,
  type Snapshot,
  set_server_hostname,
  UploadError,
  Uploader,
  type UploaderOptions,
} from 'incoming-uploader';

set_server_hostname('uploads.example:4000');

declare const file: File;

const uploader: Uploader = new Uploader('ticket', file, {
  chunk_size: 1_000_000,
  retry: { delays: [100, 1000], attempts: 5 },
  signal: AbortSignal.timeout(1000),
  onprogress: (o) => console.log(o.frac_complete.toFixed(2), o.eta?.toFixed(), o.speed.toFixed()),
});
uploader.onfinished = ({ filename }) => console.log(filename.toUpperCase());
uploader
  .pause('toggle')
  .start()
  .cancel('enough')
  .done.then((o) => o.finished);

const withoutNew: Uploader = incoming.Uploader('ticket', file);
withoutNew.done.catch((error) => {
  if (error instanceof UploadError && error.kind === 'file_changed') console.log(error.code);
});
const someObject: object = withoutNew;
if (someObject instanceof Uploader) console.log(someObject.state_msg);

// What all protocols know, together.
const options: UploaderOptions = {
  protocol: 'fineuploader',
  endpoint: '/fineuploader',
  chunking: true,
  simultaneous: 4,
  retry: { refusals: true },
  redirects: 'follow',
  is_stored: ({ status, url, text }) => status === 200 && url.endsWith('/') && text === 'ok',
};
new Uploader(null, file, options);

// What is going on.
if (uploader.state === 'retrying') console.log(uploader.last_error?.message, uploader.state_msg);
const kind: ErrorKind | 'cancelled' | undefined = uploader.last_error?.kind;
const now: Readonly<Snapshot> = uploader.snapshot();
console.log(kind, now.bytes_acked.toFixed(), now.state === uploader.state);
const { snapshot, subscribe } = uploader;
const unsubscribe: () => void = subscribe(() => console.log(snapshot().frac_complete));
unsubscribe();

// Events.
const target: EventTarget = uploader;
function show(this: Uploader, { target }: { target: Uploader }): void {
  console.log(this.eta, target.eta);
}
uploader.addEventListener('progress', show, { passive: true });
uploader.removeEventListener('progress', show);
uploader.addEventListener('error', ({ target }) => console.log(target.error_msg), { once: true });
uploader.addEventListener('finished', { handleEvent: (event) => event.target.filename });
uploader.addEventListener('something', (event) => event.preventDefault());
target.dispatchEvent(new Event('something'));

// Functions of the page that refuse.
async function ticket(): Promise<string> {
  const response = await fetch('/ticket', { method: 'POST' });
  if (!response.ok) throw await UploadError.of(response);
  if (response.status === 204) throw UploadError.rejected('quota exceeded');
  return response.text();
}
new Uploader(ticket, file);
new Uploader(null, file, { protocol: 'resumable', headers: async () => new Headers() });
new Uploader(null, file, { protocol: 'robusto', params: () => ({ token: 'x', of: { a: 1 } }) });

fingerprint(file, {
  signal: AbortSignal.timeout(1000),
  onprogress: ({ bytes_done, bytes_total }) => console.log(bytes_done / bytes_total),
}).then((digest) => digest.toUpperCase());
incoming.fingerprint_chunks(file, 1_000_000).then(([first]) => first?.toUpperCase());

async function resume(handle: FileSystemFileHandle): Promise<void> {
  for (const entry of await pending()) {
    console.log(entry.filename.toUpperCase(), entry.updated.getTime(), entry.frac_complete);
    const file = entry.can_open ? await entry.open() : await handle.getFile();
    const { protocol } = entry;
    const options = { protocol, resume: true, resume_days: 3, resume_scope: 'a', handle } as const;
    const resumed = new Uploader(async () => 'ticket', file, options);
    if (!resumed.resumable) await forget(entry);
  }
  return incoming.forget();
}
console.log(resume.name);

// @ts-expect-error the size of the chunks is missing
fingerprint_chunks(file);
// @ts-expect-error an unknown option
new Uploader('ticket', file, { chunksize: 1 });
// @ts-expect-error an unknown protocol
new Uploader('ticket', file, { protocol: 'telepathy' });
// @ts-expect-error an upload id is a string
new Uploader(() => 7, file);
// @ts-expect-error an unknown kind of pause
uploader.pause('stop');
// @ts-expect-error properties are only to be read
uploader.bytes_acked = 5;
// @ts-expect-error so are those of a snapshot
uploader.snapshot().bytes_acked = 5;
// @ts-expect-error no such state
if (uploader.state === 'done') console.log('done');
// @ts-expect-error a text says nothing
new Uploader(null, file, { protocol: 'flow', is_stored: () => 'stored' });
// @ts-expect-error an event of its own has the uploader as its target
uploader.addEventListener('progress', ({ target }: { target: File }) => target.name);
// @ts-expect-error a listener is missing
uploader.subscribe();
// @ts-expect-error refusals have words
UploadError.rejected();
// @ts-expect-error the file is missing
Uploader('ticket');

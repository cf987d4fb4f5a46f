// Compiled only: what a page may write, and what the types must refuse.

import incoming, {
  fingerprint,
  fingerprint_chunks,
  forget,
  pending,
  set_server_hostname,
  UploadError,
  Uploader,
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

fingerprint(file, {
  signal: AbortSignal.timeout(1000),
  onprogress: ({ bytes_done, bytes_total }) => console.log(bytes_done / bytes_total),
}).then((digest) => digest.toUpperCase());
incoming.fingerprint_chunks(file, 1_000_000).then(([first]) => first?.toUpperCase());

async function resume(handle: FileSystemFileHandle): Promise<void> {
  for (const entry of await pending()) {
    console.log(entry.filename.toUpperCase(), entry.updated.getTime(), entry.frac_complete);
    const file = entry.can_open ? await entry.open() : await handle.getFile();
    const options = { resume: true, resume_days: 3, resume_scope: 'a', handle } as const;
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
// @ts-expect-error an upload id is a string
new Uploader(() => 7, file);
// @ts-expect-error an unknown kind of pause
uploader.pause('stop');
// @ts-expect-error properties are only to be read
uploader.bytes_acked = 5;
// @ts-expect-error the file is missing
Uploader('ticket');

// Compiled only: each protocol has an entry, which knows its own options only.

import fineuploader, * as fine from 'incoming-uploader/fineuploader';
import galileo, * as galileoSend from 'incoming-uploader/galileo';
import incoming, { UploadError, Uploader, type UploaderOptions } from 'incoming-uploader/incoming';
import resumable, * as resumables from 'incoming-uploader/resumable';
import robusto, * as mrRobusto from 'incoming-uploader/robusto';

declare const file: File;

// incoming
const options: UploaderOptions = { protocol: 'incoming', chunk_size: 1, verify: 'chunks' };
const uploader: Uploader = new Uploader('ticket', file, { ...options, resume: true });
uploader.addEventListener('finished', ({ target }) => console.log(target.snapshot().state));
incoming.Uploader(() => Promise.reject(UploadError.rejected('no')), file);
// @ts-expect-error another protocol
new Uploader('ticket', file, { protocol: 'galileo' });
// @ts-expect-error a WebSocket has no headers
new Uploader('ticket', file, { headers: {} });
// @ts-expect-error only of protocols over HTTP
new Uploader('ticket', file, { redirects: 'follow' });
// @ts-expect-error only of protocols with chunks in requests
new Uploader('ticket', file, { simultaneous: 2 });

// galileo
new galileoSend.Uploader(null, file, { hash: { type: 'md5', value: '' }, protocol: 'galileo' });
galileo.Uploader(null, file, { verify: 'file', resume: false });
// @ts-expect-error chunks cannot be compared
galileo.Uploader(null, file, { verify: 'chunks' });
// @ts-expect-error nothing can be resumed
galileo.Uploader(null, file, { resume: true });
// @ts-expect-error a WebSocket sends the cookies of its host
galileo.Uploader(null, file, { with_credentials: true });

// resumable, which has flow, too
new resumables.Uploader('identifier', file, { protocol: 'flow', test_chunks: true, params: {} });
resumable.Uploader(null, file, {
  parameter_names: { chunk_number: 'n', type: false },
  redirects: 'follow',
  is_stored: async ({ text }) => text !== '',
  simultaneous: 4,
});
// @ts-expect-error an option of fineuploader
resumable.Uploader(null, file, { chunking: true });
// @ts-expect-error no such method
resumable.Uploader(null, file, { method: 'PUT' });

// fineuploader
new fine.Uploader(null, file, { chunking: true, success_endpoint: '/done', transport: 'fetch' });
fineuploader.Uploader('uuid', file, { param_names: { part_index: 'i' } }).remove();
// @ts-expect-error an option of resumable
fineuploader.Uploader(null, file, { test_chunks: true });
// @ts-expect-error another protocol
fineuploader.Uploader(null, file, { protocol: 'resumable' });

// robusto
new mrRobusto.Uploader(null, file, { simultaneous: 1, headers: new Headers(), verify: 'file' });
robusto.Uploader(null, file, { protocol: 'robusto', with_credentials: true });
// @ts-expect-error servers compare whole files
robusto.Uploader(null, file, { verify: 'chunks' });
// @ts-expect-error an option of galileo
robusto.Uploader(null, file, { hash: { type: 'md5', value: '' } });

// An uploader is the same in every entry.
const anyOf: Uploader = robusto.Uploader(null, file);
anyOf.done.catch((error) => error instanceof galileoSend.UploadError && error.kind);
for (const { protocol } of await mrRobusto.pending()) if (protocol === 'flow') console.log('flow');

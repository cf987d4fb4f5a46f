// The functions for pages.

/** Makes them from the digests; see `index.d.ts`. */
export function fingerprints(digests) {
  return {
    async fingerprint(file, options) {
      check('fingerprint', file, options);
      const [digest] = await hash(digests, file, {}, options);
      return digest;
    },

    async fingerprint_chunks(file, chunk_size, options) {
      check('fingerprint_chunks', file, options);
      if (!(Number.isSafeInteger(chunk_size) && chunk_size > 0)) {
        throw unexpected(
          'fingerprint_chunks',
          'a number of bytes from 1 as chunk_size',
          chunk_size,
        );
      }
      return hash(digests, file, { chunk_size }, options);
    },
  };
}

async function hash(digests, file, request, options) {
  const { signal, onprogress } = options ?? {};
  signal?.throwIfAborted();
  const bytes_total = file.size;
  const job = digests.start(file, {
    ...request,
    onprogress: (bytes_done) =>
      onprogress?.({ bytes_done, bytes_total, frac_complete: bytes_done / bytes_total || 1 }),
  });
  const cancel = () => job.cancel(signal.reason);
  signal?.addEventListener('abort', cancel);
  try {
    return await job.done;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

function check(name, file, options) {
  if (!(file instanceof Blob)) throw unexpected(name, 'a File or a Blob', file);
  if (!['object', 'undefined'].includes(typeof options)) {
    throw unexpected(name, 'an object as options', options);
  }
  const { onprogress, signal } = options ?? {};
  if (onprogress && typeof onprogress !== 'function') {
    throw unexpected(name, 'a function as onprogress', onprogress);
  }
  if (signal && !(signal instanceof AbortSignal)) {
    throw unexpected(name, 'an AbortSignal as signal', signal);
  }
}

function unexpected(name, expected, found) {
  const what = typeof found === 'number' ? found : found === null ? 'null' : typeof found;
  return new TypeError(`incoming.${name}: expected ${expected}, found ${what}`);
}

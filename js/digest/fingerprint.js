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
      const isSize = Number.isSafeInteger(chunk_size) && chunk_size > 0;
      if (!isSize) fail('fingerprint_chunks', 'a number of bytes from 1 as chunk_size', chunk_size);
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
  return job.done.finally(() => signal?.removeEventListener('abort', cancel));
}

function check(name, file, options) {
  const { onprogress, signal } = options ?? {};
  const expect = (expected, found, isRight) => isRight || fail(name, expected, found);
  expect('a File or a Blob', file, has(Blob, 'size', file));
  expect('an object as options', options, ['object', 'undefined'].includes(typeof options));
  expect('a function as onprogress', onprogress, !onprogress || typeof onprogress === 'function');
  expect('an AbortSignal as signal', signal, !signal || has(AbortSignal, 'aborted', signal));
}

/** Whether it is of that class, made in this window or another one: others have no such property. */
function has(type, property, value) {
  try {
    Reflect.get(type.prototype, property, value);
    return true;
  } catch {
    return false;
  }
}

function fail(name, expected, found) {
  const what = typeof found === 'number' ? found : found === null ? 'null' : typeof found;
  throw new TypeError(`incoming.${name}: expected ${expected}, found ${what}`);
}

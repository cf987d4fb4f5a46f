// Which file it is: a file of the same name is never taken for another one.

/** So many bytes of either end are hashed. */
const END_BYTES = 1024 * 1024;

/**
 * What tells an upload from all others, as a text: where it goes, and of the file its name, size,
 * time of modification and the MD5 of its first and its last megabyte. Rejects with an
 * `UploadError` of the kind `file_changed` when the file cannot be read.
 */
export async function identify({ uploader, file, options, host }, { digests }) {
  const length = Math.min(file.size, END_BYTES);
  const ends = [
    digests.start(file, { end: length }),
    digests.start(file, { start: file.size - length }),
  ];
  const sums = await Promise.all(ends.map(({ done }) => done));
  return JSON.stringify([
    protocolOf(options),
    placeOf(host.address),
    options.resume_scope ?? '',
    file.webkitRelativePath || uploader.filename,
    file.size,
    file.lastModified ?? 0,
    ...sums.flat(),
  ]);
}

/** The MD5 of a text. */
export async function hashOf(text, { digests }) {
  const [md5] = await digests.start(new Blob([text])).done;
  return md5;
}

export function protocolOf(options) {
  return options.protocol ?? 'incoming';
}

/** An address without what may be secret in it: user, password, query. */
export function placeOf(address) {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

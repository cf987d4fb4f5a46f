// The bytes of a part of a file, in order. A stream, because the browser reads on behind it while
// what has come is hashed; into a buffer of our own where it can be, which saves copies.

const BUFFER = 1024 * 1024;

export function bytesOf(file, start, end) {
  const stream = file.slice(start, end).stream();
  let left = end - start;
  let reader, buffer;
  try {
    reader = stream.getReader({ mode: 'byob' });
    buffer = new ArrayBuffer(Math.min(BUFFER, left));
  } catch {
    reader = stream.getReader();
  }
  return {
    /** The next bytes; they are good until the next call. */
    async next() {
      const { value } = await reader.read(...(buffer ? [new Uint8Array(buffer)] : []));
      const length = value?.length ?? 0;
      if (length === 0 || length > left) throw new Error('the file has another length');
      if (buffer) buffer = value.buffer;
      left -= length;
      return value;
    },
    close: () => reader.cancel().catch(() => {}),
  };
}

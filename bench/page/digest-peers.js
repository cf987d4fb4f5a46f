// A worker that hashes with what others made, reading as their documentation does; and one that
// only reads, as fast as there is a way to.

importScripts('md5.umd.min.js', 'spark-md5.min.js');

const MIB = 1024 * 1024;
const IN_MEMORY = 256 * MIB;

const WAYS = {
  async hashWasm(file) {
    const md5 = await hashwasm.createMD5();
    for await (const bytes of file.stream()) md5.update(bytes);
    return md5.digest();
  },

  async sparkMd5(file) {
    const md5 = new SparkMD5.ArrayBuffer();
    for (let at = 0; at < file.size; at += 2 * MIB) {
      md5.append(await file.slice(at, at + 2 * MIB).arrayBuffer());
    }
    return md5.end();
  },

  async reading(file) {
    const reader = file.stream().getReader({ mode: 'byob' });
    let buffer = new ArrayBuffer(2 * MIB);
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done) return null;
      buffer = value.buffer;
    }
  },

  /** Chunks of 1 MiB that are there already. */
  async hashWasmInMemory() {
    const md5 = await hashwasm.createMD5();
    const chunk = crypto.getRandomValues(new Uint8Array(65_536));
    const chunks = Array.from({ length: 16 }, () => repeat(chunk, 16));
    const start = performance.now();
    for (let i = 0; i < IN_MEMORY / MIB; i += 1) {
      md5.init();
      md5.update(chunks[i % chunks.length]);
      md5.digest();
    }
    return { seconds: (performance.now() - start) / 1000, bytes: IN_MEMORY };
  },
};

function repeat(bytes, times) {
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i += 1) all.set(bytes, i * bytes.length);
  return all;
}

addEventListener('message', async ({ data: { what, file } }) => {
  postMessage(await WAYS[what](file));
});

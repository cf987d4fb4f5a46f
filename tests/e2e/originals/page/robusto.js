// The page of Mr. Robusto as it worked in 2010, with today's means in place of its plug-in: the MD5,
// a question, then one chunk after the other, ascending, without those that are there. A stop waits
// for the chunk that is on its way. Names are not escaped, which was its mistake, so that they must
// not have `&`, `#` or `+`.

const KIB = 1024;

window.Robusto = class {
  #target;
  #known = new Map();
  #stopped = false;
  #running = null;

  /** `tell` hears every answer of the server, with the file that it is about. */
  constructor({ target }, tell) {
    this.#target = target;
    this.tell = tell;
  }

  async addFiles(files) {
    for (const file of files) await this.add(file);
  }

  async add(file) {
    const md5 = SparkMD5.ArrayBuffer.hash(await file.arrayBuffer());
    const url = `${this.#target}?md5=${md5}&name=${file.name}`;
    const answer = await (await fetch(url)).json();
    this.tell(file, answer, null);
    const there = answer.status === 'partial' ? answer.value.split(',') : [];
    this.#known.set(file, { url, there, isComplete: answer.status === 'complete' });
    await this.start(file);
  }

  /** Resolves when the chunk that is on its way has arrived. */
  stop() {
    this.#stopped = true;
    return this.#running;
  }

  start(file) {
    this.#stopped = false;
    this.#running = this.#run(file);
    return this.#running;
  }

  async #run(file) {
    const { url, there, isComplete } = this.#known.get(file);
    const size = chunkSize(file.size);
    const count = Math.ceil(file.size / size);
    for (let chunk = 0; chunk < count && !isComplete && !this.#stopped; chunk += 1) {
      if (there.includes(String(chunk))) continue;
      const form = new FormData();
      form.append('chunk', String(chunk));
      form.append('chunks', String(count));
      form.append('file', file.slice(chunk * size, (chunk + 1) * size), file.name);
      const answer = await (await fetch(url, { method: 'POST', body: form })).json();
      if (answer.status !== 'error') there.push(String(chunk));
      this.tell(file, answer, chunk);
    }
  }
};

function chunkSize(size) {
  if (size < 512 * KIB) return 16 * KIB;
  if (size < 2048 * KIB) return 32 * KIB;
  return size < 4096 * KIB ? 64 * KIB : 128 * KIB;
}

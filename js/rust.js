// What a Rust front end loads of the package when it hashes or resumes.

/** An error as Rust reads it. */
function UploadError(kind, code, message) {
  return Object.assign(new Error(message), { name: 'UploadError', kind, code });
}

/** Gives an upload the functions that load what hashes and what resumes, from beside `url`. */
export function addLoaders(page, url) {
  const load = async (name) => {
    if (!url) throw UploadError('misuse', 1, `${name} is needed: say by parts_url where it is`);
    const folder = new URL(url.endsWith('/') ? url : `${url}/`, location.href);
    return import(/* webpackIgnore: true */ /* @vite-ignore */ new URL(name, folder).href);
  };
  page.load_digests = async () => (await load('digest.js')).make(UploadError);
  page.load_checkpoints = async () => (await load('checkpoints.js')).make(page.load_digests);
}

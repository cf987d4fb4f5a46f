// Digests as headers, in the form of RFC 9530. The wasm speaks of them in hexadecimal.

/** The headers with which a server is asked to compare, or to say what it has. */
export function asking([digest, wantsFile, damagedFile]) {
  return [
    ['Content-Digest', field(digest)],
    ['Want-Repr-Digest', wantsFile && 'md5=10'],
    ['Upload-Damaged-Digest', field(damagedFile)],
  ].filter(([, value]) => value);
}

/** What the server says to have received, of this request and of the whole file. */
export function told([digest, wantsFile], header) {
  // A header that another origin does not expose is a complaint in the console.
  const content = digest ? hex(header('Upload-Content-Digest')) : '';
  const file = wantsFile ? hex(header('Upload-Repr-Digest')) : '';
  return [content, file];
}

function field(digest) {
  const bytes = digest?.match(/../g).map((pair) => String.fromCharCode(Number.parseInt(pair, 16)));
  return bytes && `md5=:${btoa(bytes.join(''))}:`;
}

/** Anything that is no MD5 is nothing. */
function hex(header) {
  const [, base64] = header?.match(/(?:^|,)\s*md5=:([A-Za-z0-9+/]{22}==):/) ?? [];
  const pair = (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0');
  return [...atob(base64 ?? '')].map(pair).join('');
}

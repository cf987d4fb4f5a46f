// The script-tag build: the wasm is inside, and the global is there when the script has run.

import { Driver, initSync } from '#glue';
import bytes from '#wasm';
import { face, UploadError } from './face.js';

/** Where this script came from; what hashes lies next to it. */
const { src, nonce = '' } = document.currentScript ?? {};
let loading = null;

function digest() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = new URL('incoming-digest.js', src);
    script.nonce = nonce;
    // Some servers answer what they do not have with a page.
    script.onload = () => (script.make ? resolve(script.make(UploadError)) : script.onerror());
    script.onerror = () => {
      loading = null;
      reject(new Error(`incoming: ${script.src} could not be loaded`));
    };
    document.head.append(script);
  });
  return loading;
}

initSync({ module: bytes });
globalThis.incoming = face({ Driver }, digest);

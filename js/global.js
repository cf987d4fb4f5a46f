// The script-tag build: the wasm is inside, and the global is there when the script has run.

import { Driver, initSync } from '#glue';
import bytes from '#wasm';
import { face, UploadError } from './face.js';

/** Where this script came from; what is only loaded when it is needed lies next to it. */
const { src, nonce = '' } = document.currentScript ?? {};
const loading = {};

function load(name) {
  loading[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = new URL(name, src);
    script.nonce = nonce;
    // Some servers answer what they do not have with a page.
    script.onload = () =>
      script.make ? resolve(script.make(UploadError, digest)) : script.onerror();
    script.onerror = () => {
      loading[name] = null;
      reject(new Error(`incoming: ${script.src} could not be loaded`));
    };
    document.head.append(script);
  });
  return loading[name];
}

const digest = () => load('incoming-digest.js');
const checkpoints = () => load('incoming-checkpoints.js');

initSync({ module: bytes });
globalThis.incoming = face({ Driver }, digest, checkpoints);

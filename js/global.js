// The script-tag build: the wasm is inside, and the global is there when the script has run.

import { Driver, initSync } from '#glue';
import bytes from '#wasm';
import { face, UploadError } from './face.js';
import { load, trusted } from './parts.js';

const digest = () => load('incoming-digest.js', UploadError, UploadError, trusted);
const checkpoints = () => load('incoming-checkpoints.js', UploadError, digest);

initSync({ module: bytes });
globalThis.incoming = face(Driver, digest, checkpoints);

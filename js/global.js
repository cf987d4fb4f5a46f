// The script-tag build: the wasm is inside, and the global is there when the script has run.

import { Driver, initSync } from '#glue';
import bytes from '#wasm';
import { face } from './face.js';

initSync({ module: bytes });
globalThis.incoming = face({ Driver });

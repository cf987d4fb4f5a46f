// Bytes as printable ASCII: scripts are served in all kinds of encodings, and base64 hides from every
// compressor what is a byte. The bytes below 91, which are most of a wasm, are a character each; the
// others have a mark in front, which says how much is to be added.

const STEP = 91;
const FIRST = 35;
const ONE_STEP = 126;
const TWO_STEPS = 33;
/** A backslash would be two characters in a script, and a space is free. */
const BACKSLASH = 92;
const SPACE = 32;

const MARKS = ['', String.fromCharCode(ONE_STEP), String.fromCharCode(TWO_STEPS)];

export function textOf(bytes) {
  return Array.from(bytes, (byte) => MARKS[Math.floor(byte / STEP)] + character(byte % STEP)).join(
    '',
  );
}

function character(value) {
  const code = value + FIRST;
  return String.fromCharCode(code === BACKSLASH ? SPACE : code);
}

/** The only part that is downloaded; a loop over numbers, because pages wait for it. */
export function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let added = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === ONE_STEP) added = STEP;
    else if (code === TWO_STEPS) added = 2 * STEP;
    else {
      bytes[length] = (code === SPACE ? BACKSLASH : code) - FIRST + added;
      length += 1;
      added = 0;
    }
  }
  return bytes.subarray(0, length);
}

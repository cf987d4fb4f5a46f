import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { bytesOf, textOf } from '../../scripts/lib/wasm-text.js';

describe('Bytes as text in a script', () => {
  it('are the same bytes afterwards', () => {
    for (const bytes of [[], Array(256).keys(), randomBytes(100_000)]) {
      const before = Uint8Array.from(bytes);
      assert.deepEqual(bytesOf(textOf(before)), before);
    }
  });

  it('need no escape and no encoding', () => {
    assert.match(textOf(Uint8Array.from(Array(256).keys())), /^[ !#-[\]-~]*$/);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readArguments } from '../../scripts/lib/arguments.js';

const names = ({ entries }) => entries.map(({ name }) => name);

describe('A build', () => {
  it('makes all entries and scripts, holds them to the limits, and records nothing', () => {
    const { entries, scripts, limits, record, dev } = readArguments([]);
    assert.equal(entries.length, 6);
    assert.deepEqual(
      { scripts, limits, record, dev },
      {
        scripts: true,
        limits: true,
        record: false,
        dev: false,
      },
    );
  });

  it('makes the entries that it is asked for', () => {
    assert.deepEqual(names(readArguments(['--only', 'all,robusto'])), ['all', 'robusto']);
    assert.throws(() => readArguments(['--only', 'tus']), /no entry tus; there are all, incoming/);
  });

  it('for developers is the entry with all protocols, unless another one is named', () => {
    assert.deepEqual(names(readArguments(['--dev'])), ['all']);
    assert.deepEqual(names(readArguments(['--dev', '--only', 'galileo'])), ['galileo']);
  });

  it('records only what it has made whole', () => {
    assert.equal(readArguments(['--record']).record, true);
    for (const less of [['--dev'], ['--only', 'all'], ['--no-scripts']]) {
      assert.throws(() => readArguments(['--record', ...less]), /everything/);
    }
  });

  it('says what it can be asked for when it does not understand', () => {
    assert.throws(() => readArguments(['--fast']), /--fast[\s\S]*--no-scripts/);
  });
});

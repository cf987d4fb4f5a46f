import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { atEnd } from './cleanup.js';

/** A folder that is gone when the test is over, also if a server that ends still writes to it. */
export function temporaryFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'incoming-test-'));
  const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };
  atEnd(t, () => rmSync(folder, removal));
  return folder;
}

/** A file on disk with random bytes: where it is and what has to arrive. */
export function randomFile(folder, name, size) {
  const bytes = randomBytes(size);
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return { path: file, name, size, md5: createHash('md5').update(bytes).digest('hex') };
}

export async function md5Of(file) {
  const hash = createHash('md5');
  for await (const bytes of createReadStream(file)) hash.update(bytes);
  return hash.digest('hex');
}

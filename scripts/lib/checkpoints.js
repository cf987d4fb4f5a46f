// Builds what resumes uploads after a reload.

import path from 'node:path';
import { bundle, script } from './bundle.js';
import { pkg, root } from './paths.js';

/** The ES module, and with `scripts` the file for script tags. */
export async function bundleCheckpoints({ dev, scripts }) {
  await bundle(source('make.js'), path.join(pkg, 'checkpoints.js'), { dev });
  if (!scripts) return;
  await script(source('script.js'), path.join(pkg, 'incoming-checkpoints.js'), { dev });
}

function source(name) {
  return path.join(root, 'js', 'checkpoints', name);
}

// Builds what resumes uploads after a reload, for both builds.

import path from 'node:path';
import { bundle } from './bundle.js';
import { pkg, root } from './paths.js';

export async function bundleCheckpoints() {
  await bundle({
    entryPoints: [source('make.js')],
    outfile: path.join(pkg, 'checkpoints.js'),
    format: 'esm',
  });
  await bundle({
    entryPoints: [source('script.js')],
    outfile: path.join(pkg, 'incoming-checkpoints.js'),
    format: 'iife',
    charset: 'ascii',
  });
}

function source(name) {
  return path.join(root, 'js', 'checkpoints', name);
}

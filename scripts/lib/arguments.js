import { parseArgs } from 'node:util';
import { ALL, entry, PROTOCOLS } from './entries.js';
import { Expected } from './run.js';

const OPTIONS = {
  dev: { type: 'boolean', default: false },
  only: { type: 'string' },
  'no-scripts': { type: 'boolean', default: false },
  'no-limits': { type: 'boolean', default: false },
  record: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

export const USAGE = `npm run build -- [options]

  --only <names>  only these entries, separated by commas: ${[ALL, ...PROTOCOLS].join(', ')}
  --no-scripts    without the builds for script tags
  --no-limits     takes what is too large, as another compiler may make it
  --dev           quick, with names and panic messages, and nothing made small; the entry
                  ${ALL} unless --only says which
  --record        writes the sizes to docs/size.md`;

/** What a build is asked for. */
export function readArguments(args) {
  const { dev, only, record, help, ...less } = parse(args);
  const scripts = !less['no-scripts'];
  if (record && (dev || only || !scripts)) {
    throw new Expected('--record is for a build of everything');
  }
  const names = only?.split(',') ?? (dev ? [ALL] : [ALL, ...PROTOCOLS]);
  return { dev, record, help, scripts, limits: !less['no-limits'], entries: names.map(entry) };
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new Expected(`${error.message}\n\n${USAGE}`);
  }
}

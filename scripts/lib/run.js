import { spawn, spawnSync } from 'node:child_process';
import { root } from './paths.js';

/** Runs a command in the foreground and fails when it fails. */
export async function run(command, args, options = {}) {
  console.log(`\n$ ${[command, ...args].join(' ')}`);
  const code = await exitCode(command, args, options);
  if (code !== 0) throw new CommandFailed(command, code);
}

/** Runs a command in the foreground and resolves with its exit code. */
export function exitCode(command, args, { env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const stop = forwardSignals(child);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      stop();
      resolve(code ?? signalCode(signal));
    });
  });
}

/** What a command prints, or null when it fails or does not exist. */
export function output(command, args) {
  const done = spawnSync(command, args, { encoding: 'utf8', cwd: root });
  return done.status === 0 ? done.stdout.trim() : null;
}

/** Runs a script's main function; a failed command becomes this process's exit code. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(`\n${error instanceof Expected ? error.message : error.stack}`);
    process.exitCode = error.code > 0 ? error.code : 1;
  }
}

/** A failure that its message explains; a stack would only hide it. */
export class Expected extends Error {}

class CommandFailed extends Expected {
  constructor(command, code) {
    super(`${command} failed with exit code ${code}`);
    this.code = code;
  }
}

// A terminal sends Ctrl-C to the child as well; a supervisor only to this process.
function forwardSignals(child) {
  const handlers = ['SIGINT', 'SIGTERM'].map((signal) => [signal, () => child.kill(signal)]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

function signalCode(signal) {
  return { SIGINT: 130, SIGTERM: 143, SIGKILL: 137 }[signal] ?? 1;
}

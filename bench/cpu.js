import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second. */
const TICKS = 100;

/** Seconds that the processors worked for the children of this process: server and browser. */
export function cpuSeconds() {
  const all = processes();
  const family = new Set([process.pid]);
  let ticks = 0;
  // A parent is listed before its children, or the child is found in the next round.
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  for (const each of all) if (each.pid !== process.pid && family.has(each.pid)) ticks += each.ticks;
  return ticks / TICKS;
}

function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // What follows the name, which may have spaces: state, parent, ..., and 11 fields on, times.
        const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[A-Z] \d)/);
        const fields = rest.split(' ');
        const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
        return [{ pid: Number(pid), parent: Number(fields[1]), ticks }];
      } catch {
        return [];
      }
    });
}

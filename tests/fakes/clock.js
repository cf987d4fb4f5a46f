// A clock that runs faster than that of the wall.

const real = {
  now: Date.now,
  performance: performance.now.bind(performance),
  setTimeout: globalThis.setTimeout.bind(globalThis),
};
const state = { begun: 0, factor: 1, asleep: 0 };

const passed = () => (real.performance() - state.begun) * state.factor;

/** From now on all waits are so much shorter, and the clocks run so much faster. */
export function hurry(factor) {
  Object.assign(state, { begun: real.performance(), factor, asleep: 0 });
  const begun = real.now();
  Date.now = () => begun + passed() + state.asleep;
  performance.now = () => state.begun + passed();
  globalThis.setTimeout = (call, ms, ...given) => real.setTimeout(call, ms / factor, ...given);
}

/** The machine sleeps: only the clock of the wall goes on. */
export function sleepFor(ms) {
  state.asleep += ms;
}

/** Time passes as it does. */
export function calmDown() {
  Date.now = real.now;
  performance.now = real.performance;
  globalThis.setTimeout = real.setTimeout;
}

/** A moment in which whatever is due can happen; a hundredth of a second of the wall. */
export function soon() {
  return new Promise((resolve) => real.setTimeout(resolve, 10));
}

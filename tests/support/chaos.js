import { setTimeout as sleep } from 'node:timers/promises';

/** How long a client waits before it takes a stall for a loss, to be used with these faults. */
export const STALL_TIMEOUT_MS = 1000;

/** What a network does to those who use it, by name. Each is over when its promise is. */
const FAULTS = {
  cut: (relay) => relay.cut(),
  truncate: (relay) => {
    relay.truncations += 1;
  },
  refuse: (relay) => {
    relay.refusals += 1;
    // Over a WebSocket the next request is the one for the next connection.
    if (relay.isCarryingSockets) relay.cut();
  },
  flip: (relay) => relay.flipNext(),
  delay: async (relay) => {
    relay.downSeconds = 0.3;
    await sleep(600);
    relay.downSeconds = 0;
  },
  pause: (relay) => freeze(relay, STALL_TIMEOUT_MS / 2),
  stall: (relay) => freeze(relay, STALL_TIMEOUT_MS * 1.5),
};

/** Every fault there is. */
export const ALL_FAULTS = Object.keys(FAULTS);

/** Does something bad to a relay every second, in an order that a seed decides. */
export class Chaos {
  /** How often what was done, by name. */
  done = {};
  #relay;
  #faults;
  #dice;
  #isOver = false;
  #ended;

  constructor(relay, faults, seed) {
    this.#relay = relay;
    this.#faults = faults;
    this.#dice = dice(seed);
    this.#ended = this.#run();
  }

  /** How many faults there were. */
  get count() {
    return Object.values(this.done).reduce((sum, count) => sum + count, 0);
  }

  /** Lets the network be. */
  async stop() {
    this.#isOver = true;
    await this.#ended;
  }

  async #run() {
    for (;;) {
      await sleep(1000);
      if (this.#isOver) return;
      const name = this.#next();
      this.done[name] = (this.done[name] ?? 0) + 1;
      await FAULTS[name](this.#relay);
    }
  }

  /** Any of those that were done least often, so that a short test has some of each. */
  #next() {
    const times = (name) => this.done[name] ?? 0;
    const least = Math.min(...this.#faults.map(times));
    const rare = this.#faults.filter((name) => times(name) === least);
    return rare[Math.floor(this.#dice() * rare.length)];
  }
}

async function freeze(relay, milliseconds) {
  relay.frozen = true;
  await sleep(milliseconds);
  relay.frozen = false;
}

/** Numbers from 0 to 1 that look random and are the same for the same seed (a linear congruence). */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

// Conversations through the hostile proxy, each with the faults of its seed.
import { AsyncLocalStorage } from "node:async_hooks";
import { Conversation, modes } from "./conversation.js";
import { forms, load } from "./runtimes.js";

// `rate` is the part of the requests that have a fault of a kind, of any of 11 kinds if `rates` says nothing
// else, and `calm_after` the number of requests behind which there are no more, so that a run ends. A WebSocket
// is one request for all of its life, which in these runs is short.
const OF_WEBSOCKET = { cut: 0.13, reset: 0.13, swallow: 0.13, mute: 0.13, kill: 0.24, buffer: 0, repeat: 0 };
const FAULTS = {
  polling: { rate: 0.08, calm_after: 60, longest_ms: 300 },
  websocket: { rate: 0.06, rates: OF_WEBSOCKET, calm_after: 15, longest_ms: 30 },
  upgrade: { rate: 0.08, calm_after: 50, longest_ms: 100 },
};

// On a path where silence is noticed soon, and with waits that are not drawn but always the longest.
const OPTIONS = { path: "/socket.io", timeout: 1000, randomizationFactor: 0, rounds: 8 };

// What a seed stands for, beside the faults.
const plan = (seed) => ({ form: forms[seed % forms.length], mode: modes[Math.floor(seed / forms.length) % modes.length] });

// How to have one again.
export const again = (seed) => `tests/client/chaos ${seed}`;

// What has come of some runs.
export class Tally {
  tried = 0;
  // Runs in which there was no fault.
  quiet = 0;
  // How often there was one, by its kind.
  faults = {};
  slowest = { ms: 0 };
  // `{ seed, text, log }`: what was wrong, and what the proxy did.
  failures = [];

  count(seed, ms, { faults, by_kind }) {
    const quiet = faults === 0 ? 1 : 0;
    this.add({ tried: 1, quiet, faults: by_kind, slowest: { ms: Math.round(ms), seed }, failures: [] });
  }

  add({ tried, quiet, faults, slowest, failures }) {
    this.tried += tried;
    this.quiet += quiet;
    for (const kind in faults) this.faults[kind] = (this.faults[kind] ?? 0) + faults[kind];
    if (slowest.ms > this.slowest.ms) this.slowest = slowest;
    this.failures.push(...failures);
  }

  toString() {
    const kinds = Object.entries(this.faults).map(([kind, count]) => `${kind} ${count}`);
    const { ms, seed } = this.slowest;
    return `${this.tried} runs, ${this.quiet} without a fault; ${kinds.join(", ")}; the longest took ${ms} ms (${seed})`;
  }
}

export class Chaos {
  tally = new Tally();
  #hostile;
  #url;
  // The run that something happens for.
  #current = new AsyncLocalStorage();
  #runtimes = Object.fromEntries(forms.map((form) => [form, load(form)]));

  // Through proxies of this program, to the server at this URL.
  constructor(hostile, url) {
    this.#hostile = hostile;
    this.#url = url;
  }

  // Tries the seeds that an iterator gives, `lanes` of them at a time.
  async run(seeds, lanes) {
    const lane = async () => {
      for (let next = seeds.next(); !next.done; next = seeds.next()) await this.#try(next.value);
    };
    // What the client throws where nobody can catch it.
    const blame = (error) => {
      const run = this.#current.getStore();
      if (!run) throw error;
      this.#fail(run, error.stack, []);
    };
    process.on("uncaughtException", blame);
    await Promise.all(Array.from({ length: lanes }, lane));
    process.off("uncaughtException", blame);
  }

  async #try(seed) {
    const { form, mode } = plan(seed);
    const run = { seed, about: `${form}, ${mode}`, hasFailed: false };
    const begun = performance.now();
    const proxy = await this.#hostile.open(this.#url, { seed, ...FAULTS[mode] });
    try {
      await this.#current.run(run, () => Conversation.hold(this.#runtimes[form].io, proxy.url, mode, OPTIONS));
    } catch (error) {
      this.#fail(run, error.message, await proxy.log());
    }
    const counts = await proxy.close();
    this.tally.count(seed, performance.now() - begun, counts);
  }

  #fail(run, what, log) {
    if (run.hasFailed) return;
    run.hasFailed = true;
    this.tally.failures.push({ seed: run.seed, text: `${run.about}: ${what}`, log });
  }
}

// Every seed from `first` on, `count` of them, each so many `times`.
export function* seeds(first, count, times = 1) {
  for (let index = 0; index < count * times; index += 1) yield first + (index % count);
}

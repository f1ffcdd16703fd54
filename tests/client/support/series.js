// The same conversation many times, cut at one place after the other.
import { Conversation } from "./conversation.js";
import { CuttingProxy } from "./cutting-proxy.js";

const MEASURED = 8;

export class Series {
  // How many were tried, and in how many of them a connection was cut; the longest took so long.
  tried = 0;
  cut = 0;
  slowest = { ms: 0 };
  failures = [];
  #io;
  #server;
  #mode;

  constructor(io, server, mode) {
    this.#io = io;
    this.#server = server;
    this.#mode = mode;
  }

  // The most bytes that any of some conversations takes which nobody cuts: `{ up, down }`.
  async measure() {
    const most = { up: 0, down: 0 };
    for (let round = 0; round < MEASURED; round += 1) {
      const { bytes } = await this.#hold(null);
      for (const direction in most) most[direction] = Math.max(most[direction], bytes[direction]);
    }
    return most;
  }

  // Tries the cuts that `next` gives until it gives none, `lanes` of them at a time.
  async run(next, lanes) {
    const lane = async () => {
      for (let cut = next(); cut; cut = next()) await this.#try(cut);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  async #try(cut) {
    const begun = performance.now();
    try {
      const { hasCut } = await this.#hold(cut);
      this.cut += hasCut ? 1 : 0;
    } catch (error) {
      this.failures.push({ cut, error });
    }
    this.tried += 1;
    const ms = Math.round(performance.now() - begun);
    if (ms > this.slowest.ms) this.slowest = { ms, cut };
  }

  async #hold(cut) {
    const proxy = await CuttingProxy.before(this.#server, cut);
    try {
      await Conversation.hold(this.#io, proxy.url, this.#mode);
      return proxy;
    } finally {
      proxy.stop();
    }
  }
}

// Every place, `stride` apart, in a conversation of so many bytes.
export function* places(bytes, ways, stride, first = 0) {
  for (const way of ways) {
    for (const direction of ["up", "down"]) {
      for (let at = first; at <= bytes[direction]; at += stride) yield { direction, at, way };
    }
  }
}

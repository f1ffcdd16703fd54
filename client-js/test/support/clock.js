// A clock for `options.clock`, which stands still until a test moves it.

export class FakeClock {
  #time = 0;
  /** How far the system's clock is off, because somebody set it or the machine slept. */
  #offset = 0;
  #next = 1;
  #timers = new Map();

  now() {
    return this.#time + this.#offset;
  }

  set(callback, delay) {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#time + Math.max(delay, 0), callback });
    return id;
  }

  clear(id) {
    this.#timers.delete(id);
  }

  /** Lets time pass, and calls what becomes due, in order. */
  advance(milliseconds) {
    const end = this.#time + milliseconds;
    for (;;) {
      const due = this.#first(end);
      if (due === undefined) break;
      const [id, { at, callback }] = due;
      this.#timers.delete(id);
      this.#time = Math.max(this.#time, at);
      callback();
    }
    this.#time = end;
  }

  /** Moves on to a time that `now` will tell. */
  advanceTo(now) {
    this.advance(now - this.now());
  }

  /**
   * The clock jumps while timers run on as if nothing had happened: the machine slept, or, for less
   * than nothing, the clock was put back.
   */
  jump(milliseconds) {
    this.#offset += milliseconds;
  }

  /** How long from now each timer is due. */
  get pending() {
    return [...this.#timers.values()].map(({ at }) => at - this.#time).sort((a, b) => a - b);
  }

  #first(end) {
    let first;
    for (const entry of this.#timers) {
      if (entry[1].at <= end && (first === undefined || entry[1].at < first[1].at)) first = entry;
    }
    return first;
  }
}

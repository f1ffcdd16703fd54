/** Where the time comes from. Tests give one of their own. */
export interface Clock {
  /** Milliseconds since some instant. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now; gives what `clear` takes. */
  set(callback: () => void, delay: number): unknown;
  /** Forgets a call that was asked for. */
  clear(timer: any): void;
}

/** The system's time, which also goes on while the machine sleeps. */
export const systemClock: Clock = {
  now: () => +new Date(),
  set: (callback, delay) => setTimeout(callback, delay),
  clear: (timer) => clearTimeout(timer),
};

// A wait that says what it was waiting for.

const LIMIT_MS = 10_000;

/** Rejects, naming `what`, if `promise` has not settled within `ms`. */
export function within(promise, what, ms = LIMIT_MS) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms`)), ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** The next emission of `event` on any emitter that has `once`. */
export function once(emitter, event, what = event) {
  return within(new Promise((resolve) => emitter.once(event, (...args) => resolve(args))), what);
}

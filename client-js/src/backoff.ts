import type { Settings } from "./options";

/**
 * The wait after so many tries in vain, in milliseconds. By default anything up to the ceiling is as
 * likely, so that clients which lost their server together do not come back together. `patience` says
 * how many times longer than usual the longest may be.
 */
export function backoff(attempts: number, settings: Settings, patience = 1): number {
  const jitter = settings.randomizationFactor;
  const most = settings.reconnectionDelayMax * patience;
  const ceiling = Math.min(settings.reconnectionDelay * Math.pow(2, attempts), most);
  return Math.min(ceiling * (jitter === undefined ? Math.random() : 1 + jitter * (2 * Math.random() - 1)), most);
}

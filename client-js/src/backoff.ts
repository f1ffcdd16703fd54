/** How long to wait before the next try. Times are in milliseconds. */
export interface BackoffSettings {
  /** The first ceiling of the wait; it doubles with each try. */
  reconnectionDelay: number;
  /** What no ceiling is above. */
  reconnectionDelayMax: number;
  /** The part of the ceiling by which a wait may differ from it. */
  randomizationFactor: number | undefined;
}

/**
 * The wait after so many tries in vain. By default anything up to the ceiling is as likely, so that
 * clients which lost their server together do not come back together.
 */
export function backoff(attempts: number, settings: BackoffSettings): number {
  const jitter = settings.randomizationFactor;
  const most = settings.reconnectionDelayMax;
  const ceiling = Math.min(settings.reconnectionDelay * Math.pow(2, attempts), most);
  return Math.min(ceiling * (jitter === undefined ? Math.random() : 1 + jitter * (2 * Math.random() - 1)), most);
}

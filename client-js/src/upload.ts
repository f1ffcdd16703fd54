/**
 * What goes up by POST and has to arrive: one request at a time, made again until it is answered, at
 * once the first time and then after growing waits.
 */
export class Upload {
  isUnderWay = false;
  /** Whether it carries a `1`. */
  isLast = false;
  /** The number of the last message in it, 0 without. */
  number = 0;
  /** When the request is given up, or the wait before the next is over. */
  due = Infinity;
  /** Requests in vain since the last that was answered. */
  failures = 0;

  /** Whether a request can be made now. */
  isReady(): boolean {
    return !this.isUnderWay && this.due === Infinity;
  }

  begin(until: number, number: number, isLast?: boolean): void {
    this.isUnderWay = true;
    this.due = until;
    this.number = number;
    this.isLast = !!isLast;
  }

  succeed(): void {
    this.isUnderWay = false;
    this.due = Infinity;
    this.failures = 0;
  }

  fail(now: number, wait: (attempts: number) => number): void {
    this.isUnderWay = false;
    this.due = this.failures ? now + wait(this.failures - 1) : Infinity;
    this.failures++;
  }

  /** No longer waits for the next request than until now. */
  hurry(now: number): void {
    if (!this.isUnderWay && this.due < Infinity) this.due = now;
  }
}

import { sizeOf, weigh, type Packet } from "./codec/payload";

/** Bytes that a packet counts beyond its own. Spec: PROTOCOL.md, Handshake. */
const OVERHEAD = 64;

/** What some packets count together. */
export function costOf(packets: Packet[]): number {
  return packets.reduce((sum, packet) => sum + sizeOf(packet) + OVERHEAD, 0);
}

/**
 * What goes up, in order and numbered from 1. It is kept until it is confirmed.
 *
 * ```text
 *   forgotten | sent before, not again yet | waits
 *             ^ confirmed                  ^ sent      `next` is between the two: what goes up next
 * ```
 *
 * Spec: PROTOCOL.md, Numbering.
 */
export class Outbox {
  /** The number of the last packet that is confirmed. */
  confirmed = 0;
  /** The number of the last that has ever gone up. */
  sent = 0;
  /** What all that it keeps counts, in bytes. */
  cost = 0;
  private _packets: Packet[] = [];
  private _costs: number[] = [];
  /** How many of its packets are not to go up now, since they have. */
  private _passed = 0;
  /** What these count. */
  private _passedCost = 0;

  add(packets: Packet[]): void {
    packets.forEach((packet) => {
      const cost = costOf([packet]);
      this._packets.push(packet);
      this._costs.push(cost);
      this.cost += cost;
    });
  }

  /** The number of the packet that goes up next. */
  next(): number {
    return this.confirmed + this._passed + 1;
  }

  /** How many have not been confirmed. */
  size(): number {
    return this._packets.length;
  }

  /** Whether something waits to go up. */
  isWaiting(): boolean {
    return this._passed < this._packets.length;
  }

  /** All that is not confirmed is to go up again. */
  rewind(): void {
    this._passed = this._passedCost = 0;
  }

  /**
   * The packets that go up next: as many as may be unconfirmed at a time, `most` bytes, and as fit
   * `body` bytes of an HTTP body. One alone always does.
   */
  take(most: number, body: number): Packet[] {
    const taken: Packet[] = [];
    while (this.isWaiting()) {
      const packet = this._packets[this._passed]!;
      const cost = this._passedCost + this._costs[this._passed]!;
      body -= weigh(packet);
      if ((taken.length && body < 0) || (this._passed && cost > most)) break;
      taken.push(packet);
      this._passed++;
      this._passedCost = cost;
    }
    this.sent = Math.max(this.sent, this.next() - 1);
    return taken;
  }

  /** Forgets what the peer has: all up to this number. False if it has never gone up. */
  confirm(count: number): boolean {
    const isKnown = count <= this.sent;
    for (; isKnown && this.confirmed < count; this.confirmed++) {
      const cost = this._costs.shift()!;
      this._packets.shift();
      this.cost -= cost;
      if (this._passed) {
        this._passed--;
        this._passedCost -= cost;
      }
    }
    return isKnown;
  }
}

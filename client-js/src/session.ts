import { weigh, type Packet } from "./codec/payload";
import { transportError, type TransportError } from "./error";

/** A transport, as far as a session has to know it. */
export interface Kind {
  readonly name: string;
  /** Whether a leg of it carries packets up too. Without that they go up in POSTs. */
  readonly duplex: boolean;
}

/** The packet that ends a session. */
const CLOSE = "1";

/** What a session asks its driver to do. A call may come back into the session before it returns. */
export interface Port {
  /** Open a leg, for the session `sid` or for a new one. */
  openLeg(leg: number, kind: Kind, sid?: string): void;
  /** Put packets on a duplex leg. */
  write(leg: number, packets: Packet[]): void;
  /** Send packets up in a POST, and say `handlePosted` when it is answered. */
  post(packets: Packet[]): void;
  /** Close a leg; nothing more is heard of it. */
  endLeg(leg: number): void;
  /**
   * Tell what happened: `open`; `message` with its data; `drain`, all that was sent is on its way;
   * `upgrading`, `upgrade` and `upgradeError`; `error`, there is no session; `close`, it is over, with a
   * reason and perhaps an error.
   */
  tell(event: string, about?: unknown, error?: TransportError): void;
}

/** Options of a session. */
export interface SessionConfig {
  /** The first is where it begins, the others are where it may move. */
  kinds: Kind[];
  upgrade: boolean;
  /** Milliseconds for a handshake, and for a probe; Infinity for no limit. */
  timeout: number;
}

/** A duplex leg on trial. */
interface Candidate {
  kind: Kind;
  leg: number;
  /** It has answered: no further poll and no POST begins, and when none is under way it takes over. */
  isProved: boolean;
  until: number;
}

/**
 * The client's side of a session, for plain Engine.IO 4. It does nothing by itself and reads no
 * clock: the driver says what happened and when, and is told through the port what to do.
 *
 * ```text
 *   opening --0--> open --close--> closing: the last packets go up, then `1`
 *      |            |                 |
 *      +------------+-----------------+---- leg lost, `1`, silence ----> closed
 *
 *   While open:  polling --leg opened--> probing --3probe--> proved --poll and POST home--> duplex
 * ```
 */
export class Session {
  state: "opening" | "open" | "closing" | "closed" = "opening";
  /** The name that the server gave it. */
  sid?: string;
  /** The transport that carries it. */
  kind: Kind;

  /** The leg that carries it. Between two polls, and when all is over, there is none. */
  private _leg?: number;
  private _newestLeg = -1;
  private _isPosting = false;
  private _candidate?: Candidate;
  private _queue: Packet[] = [];
  /** Names of the transports that the server can move to. */
  private _upgrades: string[] = [];
  private _maxPayload = Infinity;
  /** The longest silence of a server that is there, in milliseconds. */
  private _patience: number;
  private _heard = 0;

  constructor(
    private _port: Port,
    private _config: SessionConfig,
  ) {
    this.kind = _config.kinds[0]!;
    this._patience = _config.timeout;
  }

  /** Asks the server for a session. */
  begin(now: number): void {
    this._heard = now;
    this._openLeg();
  }

  /** Whether what is sent now leaves at once. */
  isWritable(): boolean {
    return this.state === "open" && !this._queue.length && !this._isHeld();
  }

  /** When `handleTimeout` is to be called, if nothing happens before. */
  deadline(): number {
    const until = this._candidate ? this._candidate.until : Infinity;
    return this.state === "closed" ? Infinity : Math.min(until, this._heard + this._patience);
  }

  /** A duplex leg is open. */
  handleOpened(leg: number): void {
    if (this._isCandidate(leg)) this._port.write(leg, ["2probe"]);
  }

  /** A packet has come down a leg. One that is none ends the session, with a reason to show. */
  handlePacket(now: number, leg: number, packet: Packet): void {
    if (this._isCandidate(leg)) {
      const candidate = this._candidate!;
      if (packet !== "3probe" || candidate.isProved) {
        this._dismiss(now, "not an answer");
      } else {
        candidate.isProved = true;
        this._advance(now);
      }
    } else if (leg === this._leg) {
      this._heard = Math.max(this._heard, now);
      if (this.state === "opening") this._handleHandshake(now, packet);
      else if (typeof packet !== "string") this._port.tell("message", packet);
      else if (packet.charAt(0) === "4") this._port.tell("message", packet.slice(1));
      else if (packet === "2") this.send(["3"]);
      else if (packet === CLOSE) this._end("transport close");
      else if (packet !== "6") this._reject(packet);
    }
  }

  /** A leg that was open for one answer has given it. */
  handleEnd(now: number, leg: number): void {
    if (leg !== this._leg) return;
    if (this.state === "opening") {
      this._reject("");
    } else {
      this._leg = undefined;
      this._advance(now);
    }
  }

  /** The server has taken a POST. */
  handlePosted(now: number): void {
    this._isPosting = false;
    this._advance(now);
  }

  /** A leg, or without a number a POST, is lost. */
  handleLost(now: number, leg: number | undefined, reason: string, error: TransportError): void {
    if (leg === undefined || leg === this._leg) this._end(reason, error);
    else if (this._isCandidate(leg)) this._dismiss(now, error.message, error);
  }

  /** What was due, or may have been due while nobody looked. A call too many is harmless. */
  handleTimeout(now: number): void {
    // The clock may have been put back.
    this._heard = Math.min(this._heard, now);
    if (now >= this._heard + this._patience) {
      if (this.state === "opening") this._end("timeout", transportError("timeout"));
      else this._end("ping timeout");
    } else if (this._candidate && now >= this._candidate.until) {
      this._dismiss(now, "timeout");
    }
  }

  /** Sends packets up. A session that is over, or about to be, takes none. */
  send(packets: Packet[]): void {
    if (this.state === "closing" || this.state === "closed") return;
    this._queue.push(...packets);
    this._flush();
  }

  /** Ends the session when all is sent. */
  close(now: number): void {
    if (this.state === "opening") {
      this._end("forced close");
    } else if (this.state === "open") {
      this.state = "closing";
      this._queue.push(CLOSE);
      if (this._candidate) this._dismiss(now, "closed");
      else this._flush();
    }
  }

  /** What a last POST has to carry, so that the server knows at once that the session is over. */
  farewell(): Packet[] {
    if (this.state === "opening" || this.state === "closed" || this.kind.duplex) return [];
    return [...this._queue.filter((packet) => packet !== CLOSE), CLOSE];
  }

  /** Ends the session at once. */
  leave(): void {
    this._end("transport close");
  }

  private _openLeg(): void {
    this._leg = ++this._newestLeg;
    this._port.openLeg(this._leg, this.kind, this.sid);
  }

  private _isCandidate(leg: number): boolean {
    return !!this._candidate && this._candidate.leg === leg;
  }

  /** Whether nothing can go up now. */
  private _isHeld(): boolean {
    return this._isPosting || (!!this._candidate && this._candidate.isProved);
  }

  private _handleHandshake(now: number, packet: Packet): void {
    let open: any;
    try {
      open = (packet as string).charAt(0) === "0" && JSON.parse((packet as string).slice(1));
    } catch (_) {
      // Refused below.
    }
    const patience = open && open.pingInterval + open.pingTimeout;
    if (!open || !open.sid || typeof patience !== "number" || !(patience > 0)) {
      this._reject(packet);
      return;
    }
    this.sid = open.sid;
    this.state = "open";
    this._patience = patience;
    this._maxPayload = open.maxPayload || Infinity;
    if (this._config.upgrade) this._upgrades = this._upgrades.concat(open.upgrades || []);
    this._port.tell("open");
    this._probe(now);
    // On other transports the handshake's own leg ends now, and that does it.
    if (this.kind.duplex && this._queue.length) this._flush();
  }

  /** Tries the next transport that both sides have. */
  private _probe(now: number): void {
    const { kinds, timeout } = this._config;
    const upgrades = this._upgrades;
    const kind = kinds.filter(({ name, duplex }) => duplex && upgrades.indexOf(name) >= 0)[0];
    if (this.state !== "open" || this.kind.duplex || !kind) return;
    this._upgrades = upgrades.filter((name) => name !== kind.name);
    const leg = ++this._newestLeg;
    this._candidate = { kind, leg, isProved: false, until: now + timeout };
    this._port.tell("upgrading", kind);
    this._port.openLeg(leg, kind, this.sid);
  }

  private _dismiss(now: number, why: string, error = transportError("probe error: " + why)): void {
    const { leg } = this._candidate!;
    this._candidate = undefined;
    this._port.endLeg(leg);
    this._port.tell("upgradeError", error);
    this._advance(now);
    this._probe(now);
  }

  /** Begins what can begin now. */
  private _advance(now: number): void {
    const candidate = this._candidate;
    if (candidate && candidate.isProved) {
      if (this._leg !== undefined || this._isPosting) return;
      this._candidate = undefined;
      this._leg = candidate.leg;
      this.kind = candidate.kind;
      this._heard = now;
      this._port.write(this._leg, ["5"]);
      this._port.tell("upgrade", this.kind);
    } else if (this._leg === undefined && this.state === "open") {
      this._openLeg();
    }
    this._flush();
  }

  private _flush(): void {
    const queue = this._queue;
    if (this.state === "opening" || this.state === "closed" || this._isHeld()) return;
    if (queue.length) {
      if (this.kind.duplex) {
        this._queue = [];
        this._port.write(this._leg!, queue);
      } else {
        let count = 1;
        let weight = weigh(queue[0]!);
        while (count < queue.length && (weight += weigh(queue[count]!)) <= this._maxPayload) count++;
        this._isPosting = true;
        this._port.post(queue.splice(0, count));
        return;
      }
    }
    if (this.state === "open") this._port.tell("drain");
    else this._end("forced close");
  }

  /** Something else than a packet has come: a captive portal's page, say. */
  private _reject(packet: Packet): void {
    const shown = typeof packet === "string" ? JSON.stringify(packet.slice(0, 80)) : "binary data";
    const what = this.state === "opening" ? "handshake" : "packet";
    this._end("parse error", transportError("not an Engine.IO 4 " + what + ": " + shown));
  }

  private _end(reason: string, error?: TransportError): void {
    if (this.state === "closed") return;
    if (this._candidate) this._port.endLeg(this._candidate.leg);
    if (this._leg !== undefined) this._port.endLeg(this._leg);
    this._candidate = this._leg = undefined;
    this._queue = [];
    const isRefused = this.state === "opening" && error;
    this.state = "closed";
    if (isRefused) this._port.tell("error", error);
    else this._port.tell("close", reason, error);
  }
}

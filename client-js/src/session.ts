import { sizeOf, type Packet } from "./codec/payload";
import { transportError, type TransportError } from "./error";
import { costOf, Outbox } from "./outbox";

/** A transport, as far as a session has to know it. */
export interface Kind {
  readonly name: string;
  /** Whether a leg of it carries packets up too. Without that they go up in POSTs. */
  readonly duplex: boolean;
}

/** The packet that ends a session. */
export const CLOSE = "1";

/** What a session that can resume says in the query of a request. Spec: PROTOCOL.md, Legs. */
export interface Numbers {
  leg?: number;
  recv?: number;
  seq?: number;
  wait?: 0;
}

/** What a session asks its driver to do. A call may come back into the session before it returns. */
export interface Port {
  /** Open a leg, for the session `sid` or for a new one. */
  openLeg(leg: number, kind: Kind, sid?: string, numbers?: Numbers): void;
  /** Put packets on a duplex leg. */
  write(leg: number, packets: Packet[]): void;
  /** Send packets up in a POST, and say `handlePosted` when it is answered. */
  post(upload: number, packets: Packet[], numbers?: Numbers): void;
  /** Break a POST off; nothing more is heard of it. */
  breakPost(upload: number): void;
  /** Send packets up from a page that goes. */
  postLast(packets: Packet[], numbers?: Numbers): void;
  /** Close a leg; nothing more is heard of it. */
  endLeg(leg: number): void;
  /** The server has opened the session. Gives what goes on in its place: itself, or one that can resume. */
  opened(session: Session, open: any): Session;
  /**
   * Tell what happened: `message` with its data; `drain`, all that was sent is on its way; `upgrading`,
   * `upgrade` and `upgradeError`; `detach`, a leg is lost, with a reason and an error, and `resume`;
   * `error`, there is no session; `close`, it is over, with a reason and perhaps an error.
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
  /** The most that may be unconfirmed or wait, in bytes, with 64 more for each message. */
  maxBuffer: number;
  /** Milliseconds to wait after so many tries in vain, at most `patience` times the usual. */
  wait(attempts: number, patience?: number): number;
}

/** A duplex leg on trial. */
export interface Candidate {
  kind: Kind;
  leg: number;
  /** It has answered, and takes over when it can. */
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
  protected _leg?: number;
  protected _newestLeg = -1;
  protected _candidate?: Candidate;
  protected _outbox = new Outbox();
  /** Names of the transports that the server can move to. */
  protected _upgrades: string[] = [];
  protected _maxPayload = Infinity;
  /** The longest silence of a server that is there, in milliseconds. */
  protected _patience: number;
  protected _heard = 0;
  private _isPosting = false;

  constructor(
    readonly _port: Port,
    readonly _config: SessionConfig,
  ) {
    this.kind = _config.kinds[0]!;
    this._patience = _config.timeout;
  }

  /** Asks the server for a session. */
  begin(now: number): void {
    this._openLeg(now);
  }

  /** Whether what is sent now leaves at once. */
  isWritable(): boolean {
    return this.state === "open" && !this._outbox.isWaiting() && !this._isHeld();
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
      this._heard = now;
      if (this.state === "opening") this._handleHandshake(now, packet);
      else this._take(now, packet);
    }
  }

  /** A leg that was open for one answer has given it. */
  handleEnd(now: number, leg: number): void {
    if (leg !== this._leg) return;
    if (this.state === "opening") {
      this._reject(now, "");
    } else {
      this._leg = undefined;
      this._advance(now);
    }
  }

  /** A POST is answered, with an error unless it was taken. There is no text where it could not be sent at all. */
  handlePosted(now: number, _upload: number, error?: TransportError, _text?: string): void {
    if (error) {
      this._end("transport error", error);
    } else {
      this._isPosting = false;
      this._advance(now);
    }
  }

  /** A leg is lost. */
  handleLost(now: number, leg: number, reason: string, error: TransportError): void {
    if (leg === this._leg) this._end(reason, error);
    else if (this._isCandidate(leg)) this._dismiss(now, error.message, error);
  }

  /** What was due, or may have been due while nobody looked. A call too many is harmless. */
  handleTimeout(now: number): void {
    if (now >= this._heard + this._patience) {
      if (this.state === "opening") this._end("timeout", transportError("timeout"));
      else this._end("ping timeout");
    } else if (this._candidate && now >= this._candidate.until) {
      this._dismiss(now, "timeout");
    }
  }

  /** The page, or its network, is back. */
  handleWake(now: number): void {
    this.handleTimeout(now);
  }

  /** Throws where the server would not take packets, and where too much waits already. */
  admit(packets: Packet[]): void {
    packets.forEach((packet) => {
      const bytes = this._measure(packet);
      if (bytes > this._maxPayload) {
        throw new Error("encke: a message of " + bytes + " bytes; the server takes " + this._maxPayload + " at most");
      }
    });
    const { maxBuffer } = this._config;
    if (this._outbox.cost + costOf(packets) > maxBuffer) {
      throw new Error("encke: more than " + maxBuffer + " bytes wait to be sent, see the option maxBuffer");
    }
  }

  /** Sends packets up. A session that is over, or about to be, takes none. */
  send(now: number, packets: Packet[]): void {
    if (this.state === "closing" || this.state === "closed") return;
    this._outbox.add(packets);
    this._flush(now);
  }

  /** Ends the session when all is sent. */
  close(now: number): void {
    if (this.state === "opening") {
      this._end("forced close");
    } else if (this.state === "open") {
      this._sayGoodbye(now);
      if (this._candidate) this._dismiss(now, "closed");
      else this._flush(now);
    }
  }

  /** Ends the session at once, since the page goes. The server is told what it would not notice. */
  leave(_now: number): void {
    if ((this.state === "open" || this.state === "closing") && !this.kind.duplex) {
      const rest = this._outbox.take(Infinity, Infinity).filter((packet) => packet !== CLOSE);
      this._port.postLast([...rest, CLOSE]);
    }
    this._end("transport close");
  }

  protected _openLeg(now: number): void {
    this._heard = now;
    this._leg = ++this._newestLeg;
    this._port.openLeg(this._leg, this.kind, this.sid);
  }

  /** What a packet counts against maxPayload. In a body base64 does too. */
  protected _measure(packet: Packet): number {
    const bytes = sizeOf(packet);
    return typeof packet === "string" || this.kind.duplex ? bytes : 1 + 4 * Math.ceil(bytes / 3);
  }

  /** A packet has come down the session's leg. */
  protected _take(now: number, packet: Packet): void {
    if (typeof packet !== "string") this._port.tell("message", packet);
    else if (packet.charAt(0) === "4") this._port.tell("message", packet.slice(1));
    else if (packet === "2") this._answerPing(now);
    else if (packet === CLOSE) this._end("transport close");
    else if (packet !== "6") this._reject(now, packet);
  }

  protected _answerPing(now: number): void {
    this.send(now, ["3"]);
  }

  protected _sayGoodbye(_now: number): void {
    this.state = "closing";
    this._outbox.add([CLOSE]);
  }

  /** Tries the next transport that both sides have. */
  protected _probe(now: number): void {
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

  protected _dismiss(now: number, why: string, error = transportError("probe error: " + why)): void {
    const { leg } = this._candidate!;
    this._candidate = undefined;
    this._port.endLeg(leg);
    this._port.tell("upgradeError", error);
    this._advance(now);
    this._probe(now);
  }

  /** Begins what can begin now. */
  protected _advance(now: number): void {
    const candidate = this._candidate;
    if (candidate && candidate.isProved) {
      if (this._leg !== undefined || this._isPosting) return;
      this._move(now, "5");
    } else if (this._leg === undefined && this.state === "open") {
      this._openLeg(now);
    }
    this._flush(now);
  }

  /** The leg on trial carries the session from now on. */
  protected _move(now: number, packet: Packet): void {
    const { leg, kind } = this._candidate!;
    this._candidate = undefined;
    this._leg = leg;
    this.kind = kind;
    this._heard = now;
    this._port.write(leg, [packet]);
    this._port.tell("upgrade", kind);
  }

  protected _flush(_now: number): void {
    const outbox = this._outbox;
    if (this.state === "opening" || this.state === "closed" || this._isHeld()) return;
    const packets = outbox.take(Infinity, this.kind.duplex ? Infinity : this._maxPayload);
    outbox.confirm(outbox.sent);
    if (packets.length) {
      if (this.kind.duplex) {
        this._port.write(this._leg!, packets);
      } else {
        this._isPosting = true;
        this._port.post(0, packets);
        return;
      }
    }
    if (this.state === "open") this._port.tell("drain");
    else this._end("forced close");
  }

  /** Something else than a packet has come: a captive portal's page, say. */
  protected _reject(_now: number, packet: Packet): void {
    this._end("parse error", this._misfit(packet));
  }

  protected _misfit(packet: Packet): TransportError {
    const shown = typeof packet === "string" ? JSON.stringify(packet.slice(0, 80)) : "binary data";
    const what = this.state === "opening" ? "handshake" : "packet";
    return transportError("not an Engine.IO 4 " + what + ": " + shown);
  }

  protected _end(reason: string, error?: TransportError): void {
    if (this.state === "closed") return;
    if (this._candidate) this._port.endLeg(this._candidate.leg);
    if (this._leg !== undefined) this._port.endLeg(this._leg);
    this._candidate = this._leg = undefined;
    this._outbox = new Outbox();
    const isRefused = this.state === "opening" && error;
    this.state = "closed";
    if (isRefused) this._port.tell("error", error);
    else this._port.tell("close", reason, error);
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
      this._reject(now, packet);
      return;
    }
    this.sid = open.sid;
    this.state = "open";
    this._patience = patience;
    this._maxPayload = open.maxPayload > 0 ? open.maxPayload : Infinity;
    if (this._config.upgrade) this._upgrades = this._upgrades.concat(open.upgrades || []);
    this._port.opened(this, open)._begun(now);
  }

  private _begun(now: number): void {
    this._probe(now);
    // On other transports the handshake's own leg ends now, and that does it.
    if (this.kind.duplex && this._outbox.isWaiting()) this._flush(now);
  }
}

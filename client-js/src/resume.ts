import { sizeOf, type Packet } from "./codec/payload";
import { transportError, type TransportError } from "./error";
import { costOf } from "./outbox";
import { CLOSE, Session, type Kind } from "./session";
import { Upload } from "./upload";

/**
 * Milliseconds in which a leg has to show that it works, if the session's own timeout is not shorter. After
 * many failures Chromium waits up to 5 s before it connects a WebSocket at all.
 */
const LEG_TIMEOUT = 10000;

/** Milliseconds for which a leg has to carry something, so that its loss is nothing unusual. */
const SOUND = 10000;

/** Milliseconds for which a session that is closed tries to say so. */
const CLOSE_TIMEOUT = 10000;

/** What a duplex leg may bring until it is confirmed: messages, what they count in bytes, and milliseconds. */
const CONFIRM = { messages: 100, cost: 65536, after: 1000 };

/** How many times longer than between legs it may take until a transport that keeps breaking is tried again. */
const PATIENCE = 60;

/** How often in a row a leg may be lost, until a refusal for a newer one is the end. */
const REFUSALS = 4;

/** The uploads: of messages with a `1` behind them, of pongs, and of the `1` that answers the server's. */
const MESSAGES = 0;
const PONG = 1;
const ANSWER = 2;

/** What is told of a session that goes on. */
export interface Resumed {
  /** Messages that go up now: again, or for the first time. */
  sent: number;
  /** Messages that had come before, in all; those behind them come now. */
  received: number;
}

/**
 * The client's side of a session that outlives its legs.
 *
 * ```text
 *              +----- 7M ----- proving <-- opened at once, ---+
 *              v               |    ^      or after a wait    |
 *   open:   attached           |    |                         |
 *              |               v    |                         |
 *              +--- lost --> detached ------------------------+---- 1, window passed ----> closed
 * ```
 *
 * A leg is proved by its first packet, `7M`. Packets go up a duplex leg that is proved, or by POST while
 * the session is not detached. Spec: PROTOCOL.md, Legs of a resume session.
 */
export class Resume extends Session {
  /** The session's leg has brought its `7`. */
  private _isProved = true;
  /** It has an `8`, or needs none. */
  private _isNumbered = true;
  /** It has a `1`. */
  private _hasLeft = false;
  private _since = 0;
  /** The leg before, which the server lets go when it knows of the one of now. */
  private _former?: number;
  /** A leg was lost, and none is proved since. */
  private _isDetached = false;
  /** Legs lost since the last that was of use. */
  private _losses = 0;
  /** Duplex legs in a row that were of no use. */
  private _flaps = 0;
  /** A duplex transport that is known to work. */
  private _better?: Kind;
  /** Names of the transports that the server has, if it says so. */
  private _offered: string[];
  private _isPongDue = false;
  private _uploads = [new Upload(), new Upload()];

  /** Messages taken. */
  private _received = 0;
  /** How many of them the server knows of, and what the others count in bytes. */
  private _told = 0;
  private _untold = 0;

  /** Milliseconds for which the server keeps a session without a leg. */
  private _window: number;
  /** The most that may be unconfirmed, in bytes. */
  private _limit: number;

  /** When things are due. */
  private _proveBy = Infinity;
  private _openAt = Infinity;
  private _probeAt = Infinity;
  private _confirmAt = Infinity;
  private _resumeBy = Infinity;
  private _closeBy = Infinity;

  /** Takes over from the session that was asked for, with what the server has answered. */
  constructor(
    session: Session,
    private _open: any,
  ) {
    super(session._port, session._config);
    const { window, buffer } = _open.resume;
    this._window = window > 0 ? window : Infinity;
    this._limit = buffer > 0 ? buffer : Infinity;
    Object.keys(session).forEach((key) => {
      (this as any)[key] = (session as any)[key];
    });
    this._since = this._heard;
    if (this.kind.duplex) this._better = this.kind;
    this._offered = [].concat(_open.transports || []);
    if (this._config.upgrade) this._upgrades = this._upgrades.concat(this._offered);
  }

  override isWritable(): boolean {
    return (
      this.state === "open" &&
      !this._outbox.isWaiting() &&
      (this.kind.duplex ? this._isProved : !this._isDetached && this._uploads[MESSAGES]!.isReady())
    );
  }

  override deadline(): number {
    if (this.state === "closed") return Infinity;
    return Math.min(
      this._silentAt(),
      this._candidate ? this._candidate.until : Infinity,
      this._openAt,
      this._probeAt,
      this._confirmAt,
      this._resumeBy,
      this._closeBy,
      ...this._uploads.map(({ due }) => due),
    );
  }

  override handleLost(now: number, leg: number, reason: string, error: TransportError): void {
    if (leg !== this._leg) {
      super.handleLost(now, leg, reason, error);
    } else if (this._hasLeft && error.context && (error.context as CloseEvent).code === 1000) {
      this._end("forced close");
    } else {
      this._lose(now, reason, error);
    }
  }

  override handlePosted(now: number, post: number, error?: TransportError, text?: string): void {
    const upload = this._uploads[post];
    if (this.state === "closed" || !upload) return;
    const count = countOf(text || "");
    if (error && text === undefined) this._end("transport error", error);
    else if (/^\{"code":1\D/.test(text!)) this._disappear(error);
    else if (count === undefined || this._confirm(count)) {
      if (!error && upload.number <= this._outbox.confirmed) {
        upload.succeed();
        if (upload.isLast) this._end("forced close");
      } else {
        upload.fail(now, this._config.wait);
        if (post === PONG) this._isPongDue = true;
        else if (!this.kind.duplex) this._outbox.rewind();
      }
      this._flush(now);
    }
  }

  override handleTimeout(now: number): void {
    if (this.state === "closed") return;
    if (now >= this._resumeBy) {
      this._disappear();
    } else if (now >= this._closeBy) {
      this._end("forced close");
    } else {
      if (now >= this._silentAt()) this._lose(now, "ping timeout", transportError("ping timeout"));
      if (this._candidate && now >= this._candidate.until) this._dismiss(now, "timeout");
      if (now >= this._openAt) this._openLeg(now);
      if (now >= this._probeAt) this._probeAgain(now);
      if (now >= this._confirmAt) this._tellCount();
      this._uploads.forEach((upload, post) => {
        if (now < upload.due) return;
        if (!upload.isUnderWay) {
          upload.due = Infinity;
          this._flush(now);
        } else {
          this._port.breakPost(post);
          this.handlePosted(now, post, transportError("timeout"), "");
        }
      });
    }
  }

  override handleWake(now: number): void {
    if (this._openAt < Infinity) this._openAt = now;
    this._uploads.forEach((upload) => upload.hurry(now));
    this.handleTimeout(now);
  }

  override leave(now: number): void {
    const outbox = this._outbox;
    const isAttached = this.kind.duplex && this._isProved;
    this.state = "closing";
    if (isAttached) this._flush(now);
    outbox.rewind();
    const seq = outbox.size() ? outbox.next() : undefined;
    this._port.postLast([...outbox.take(Infinity, Infinity), CLOSE], { recv: this._received, seq });
    this._end("transport close");
  }

  protected override _openLeg(now: number): void {
    this._heard = now;
    this._leg = ++this._newestLeg;
    const wait = this._isDetached && !this.kind.duplex ? 0 : undefined;
    this._attach(now, this._isDetached || this.kind.duplex);
    this._port.openLeg(this._leg, this.kind, this.sid, { leg: this._leg, recv: this._received, wait });
  }

  /** A binary message counts a type too, so that what may travel one transport may travel all. */
  protected override _measure(packet: Packet): number {
    return sizeOf(packet) + (typeof packet === "string" ? 0 : 1);
  }

  protected override _take(now: number, packet: Packet): void {
    const count = countOf(packet);
    const isText = typeof packet === "string";
    if (count !== undefined) {
      if (!this._confirm(count)) return;
      if (!this._isProved) this._prove(now);
      this._flush(now);
    } else if (isText && packet.charAt(0) === CLOSE) {
      this._handleClose(now, packet);
    } else if (!this._isProved) {
      this._reject(now, packet);
    } else {
      if (!isText || packet.charAt(0) === "4") this._count(now, packet);
      super._take(now, packet);
    }
  }

  protected override _answerPing(now: number): void {
    this._isPongDue = true;
    this._flush(now);
  }

  protected override _sayGoodbye(now: number): void {
    this.state = "closing";
    this._closeBy = now + CLOSE_TIMEOUT;
  }

  /** What is no packet of a server's has come from somewhere on the way, as long as the leg is not proved. */
  protected override _reject(now: number, packet: Packet): void {
    if (this._isProved) super._reject(now, packet);
    else this._lose(now, "parse error", this._misfit(packet));
  }

  protected override _dismiss(now: number, why: string, error?: TransportError): void {
    super._dismiss(now, why, error);
    this._flaps++;
    this._probeLater(now);
  }

  protected override _advance(now: number): void {
    const { _candidate } = this;
    if (_candidate && _candidate.isProved) {
      this._former = this._leg;
      this._attach(now, true);
      this._move(now, "5" + ++this._newestLeg + "," + this._received);
      this._better = this.kind;
    } else if (this._leg === undefined && this.state === "open" && !this._isDetached) {
      this._openLeg(now);
    }
    this._flush(now);
  }

  protected override _flush(now: number): void {
    const { duplex } = this.kind;
    if (this.state === "closed") return;
    if (duplex && this._isProved) this._flushUp();
    else if (!duplex && !this._isDetached) this._flushByPost(now);
    if (this.isWritable()) this._port.tell("drain");
  }

  protected override _end(reason: string, error?: TransportError): void {
    this._letGo();
    super._end(reason, error);
  }

  /** Puts on the leg what it can have. */
  private _flushUp(): void {
    const outbox = this._outbox;
    const number = outbox.next();
    const packets = outbox.take(this._limit, Infinity);
    if (packets.length && !this._isNumbered) {
      this._isNumbered = true;
      packets.unshift("8" + number);
    }
    if (this._isPongDue) packets.push("3");
    if (this.state === "closing" && !outbox.isWaiting() && !this._hasLeft) {
      this._hasLeft = true;
      packets.push(CLOSE);
    }
    this._isPongDue = false;
    if (packets.length) this._port.write(this._leg!, packets);
  }

  private _flushByPost(now: number): void {
    const outbox = this._outbox;
    const [messages, pong] = this._uploads as [Upload, Upload];
    const until = now + this._open.pingTimeout;
    if (messages.isReady()) {
      const seq = outbox.next();
      // Where connections break after so many bytes, smaller bodies pass.
      const packets = outbox.take(this._limit, this._maxPayload / Math.pow(4, messages.failures));
      const number = packets.length ? outbox.next() - 1 : 0;
      const isLast = this.state === "closing" && !outbox.isWaiting();
      if (isLast) packets.push(CLOSE);
      if (packets.length) {
        messages.begin(until, number, isLast);
        this._port.post(MESSAGES, packets, { recv: this._received, seq: number ? seq : undefined });
      }
    }
    if (this._isPongDue && pong.isReady()) {
      this._isPongDue = false;
      pong.begin(until, 0);
      this._port.post(PONG, ["3"], { recv: this._received });
    }
  }

  /** Takes what the server says that it has. More than there was is no count of ours. */
  private _confirm(count: number): boolean {
    if (count > this._outbox.confirmed) this._losses = 0;
    const isKnown = this._outbox.confirm(count);
    if (!isKnown) this._end("parse error", transportError("a count that can not be: " + count));
    return isKnown;
  }

  /** A message has come. */
  private _count(now: number, packet: Packet): void {
    this._received++;
    this._losses = 0;
    if (!this.kind.duplex) return;
    this._untold += costOf([packet]);
    const most = Math.min(CONFIRM.cost, this._limit / 4);
    if (this._received - this._told >= CONFIRM.messages || this._untold >= most) this._tellCount();
    else this._confirmAt = Math.min(this._confirmAt, now + CONFIRM.after);
  }

  private _tellCount(): void {
    this._port.write(this._leg!, ["7" + this._received]);
    this._remember();
  }

  /** The server knows how many messages have come, or is about to. */
  private _remember(): void {
    this._told = this._received;
    this._untold = 0;
    this._confirmAt = Infinity;
  }

  /** A leg is opened that has this side's count in its query, or in its first packet. */
  private _attach(now: number, isTrial: boolean): void {
    this._isProved = this._isNumbered = this._hasLeft = false;
    this._since = now;
    this._openAt = Infinity;
    this._proveBy = isTrial ? now + Math.min(this._config.timeout, LEG_TIMEOUT) : Infinity;
    this._remember();
  }

  /** The leg has brought its first packet. */
  private _prove(now: number): void {
    const { kind } = this;
    this._isProved = true;
    this._proveBy = Infinity;
    this._letGo();
    if (kind.duplex) {
      this._outbox.rewind();
    } else {
      if (!this._isDetached) this._losses = 0;
      if (!this._candidate && this._probeAt === Infinity) this._probeLater(now);
    }
    if (!this._isDetached) return;
    this._isDetached = false;
    this._resumeBy = Infinity;
    this._port.tell("resume", { sent: this._outbox.size(), received: this._received } as Resumed);
  }

  /** When the leg is given up, if it brings nothing. */
  private _silentAt(): number {
    return this._leg === undefined ? Infinity : this._proveBy < Infinity ? this._proveBy : this._heard + this._patience;
  }

  /** The leg is lost, and another is opened: at once, or after a wait if that was so before. */
  private _lose(now: number, reason: string, error: TransportError): void {
    const { kind } = this;
    const wasProved = this._isProved;
    const isTrial = this._proveBy < Infinity;
    this._letGo();
    this._port.endLeg(this._leg!);
    this._leg = undefined;
    this._isProved = false;
    this._proveBy = this._confirmAt = this._probeAt = Infinity;
    // What is left to say goes up by itself.
    if (this.state === "closing" && !kind.duplex && !this._isDetached) return;
    this._outbox.rewind();
    // A try of a session without a leg says nothing of the transport: the network may be gone.
    if (kind.duplex && !this._isDetached) this._flaps = this._heard - this._since < SOUND ? this._flaps + 1 : 0;
    if (now - this._since >= SOUND && !isTrial) this._losses = 0;
    this._openAt = now + (this._losses ? this._config.wait(this._losses - 1) : 0);
    this._losses++;
    if (kind.duplex ? !wasProved || this._flaps > 1 : this._losses > 2) this.kind = this._other();
    if (!this._isDetached) {
      this._isDetached = true;
      this._resumeBy = now + this._window;
      this._port.tell("detach", reason, error);
    }
    if (now >= this._openAt) this._openLeg(now);
  }

  /** The transport to try when the one of now keeps failing. */
  private _other(): Kind {
    const offered = this._offered;
    const others = this._config.kinds.filter(
      (kind) =>
        kind !== this.kind && (!kind.duplex || kind === this._better) && (!offered.length || offered.indexOf(kind.name) >= 0),
    );
    return others[0] || this.kind;
  }

  private _probeLater(now: number): void {
    if (this._better && this._config.upgrade) this._probeAt = now + this._config.wait(this._flaps, PATIENCE);
  }

  private _probeAgain(now: number): void {
    this._probeAt = Infinity;
    this._upgrades = [this._better!.name];
    this._probe(now);
  }

  /** Ends what is left of the leg before. */
  private _letGo(): void {
    if (this._former !== undefined) this._port.endLeg(this._former);
    this._former = undefined;
  }

  /** The server ends the leg, or the session, and says why. */
  private _handleClose(now: number, packet: string): void {
    let about: any;
    try {
      about = JSON.parse(packet.slice(1) || "{}");
    } catch (_) {
      // Rejected below.
    }
    if (!about) {
      this._reject(now, packet);
      return;
    }
    const { code, message } = about;
    const error = transportError(message || "closed by the server", code);
    // Who is refused ever again shares the session with somebody.
    if (code === 1 || (code === 409 && this._losses > REFUSALS)) {
      this._disappear(error);
    } else if (code === 3 || code === 409) {
      this._lose(now, "transport error", error);
    } else {
      const recv = this._received;
      const isPolling = !this.kind.duplex;
      this._end(this.state === "closing" ? "forced close" : "transport close", error);
      if (isPolling) this._port.post(ANSWER, [CLOSE], { recv });
    }
  }

  /** The server has no such session any more. */
  private _disappear(error?: TransportError): void {
    this._end(this.state === "closing" ? "forced close" : "session gone", error);
  }
}

/** The count of a `7`. */
function countOf(packet: Packet): number | undefined {
  return typeof packet === "string" && /^7(0|[1-9]\d*)$/.test(packet) ? +packet.slice(1) : undefined;
}

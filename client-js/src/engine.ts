import { formatQuery, type Address } from "./address";
import { backoff } from "./backoff";
import { systemClock, type Clock } from "./clock";
import type { Packet } from "./codec/payload";
import { Emitter } from "./emitter";
import { transportError, type TransportError } from "./error";
import type { EngineOptions, Query, Settings } from "./options";
import { guard } from "./guard";
import { onLeave, onWake } from "./page";
import { Resume, type Resumed } from "./resume";
import { Session, type Kind, type Numbers, type Port } from "./session";
import type { Leg, Link, Transport } from "./transport/transport";
import type { DefaultEventsMap } from "./types";

/** Names of packets, by type, as the event `packet` tells them. */
const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop", "ack"];

/** What a session that can resume says in a query. There an application can have nothing of the name. */
const NUMBERS: Array<keyof Numbers> = ["leg", "recv", "seq", "wait"];

/** Bytes. */
const MAX_BUFFER = 8 * 1024 * 1024;

/** Milliseconds; timers take no more than 2^31. */
const LONGEST_TIMER = 2e9;

/** Makes the addresses of two requests at the same time differ. */
let requests = 0;

/** Whether the last session in this page moved to a better transport. */
let hasUpgraded = false;

/** Events of a session that outlives its legs. */
export interface EngineEvents {
  /** The leg is lost, and another one is tried. What is emitted meanwhile waits. */
  detach: (reason: string, error: TransportError) => void;
  /** A leg carries the session again, and nothing is missing. */
  resume: (resumed: Resumed) => void;
}

/**
 * Carries a session: opens its legs, keeps its time, tells its story.
 *
 * Events: `open`, `message`, `packet`, `packetCreate`, `drain`, `ping`, `upgrading`, `upgrade`,
 * `upgradeError`, `detach`, `resume`, `error`, and at last `close` with a reason.
 */
export class Engine extends Emitter<DefaultEventsMap, EngineEvents> implements Port {
  /** The session's name, once the server has given it. */
  id?: string;
  /** The transport in use. */
  transport!: Transport;
  readyState: Session["state"] = "opening";
  /** Those that may be tried, in order. */
  private _transports: Transport[];
  private _session!: Session;
  private _legs!: { [leg: number]: Leg };
  private _posts: { [post: number]: () => void } = {};
  private _clock: Clock;
  private _timer: unknown;
  /** What the timer is set to, in the session's time. */
  private _due = Infinity;
  /** The session's time, and how far it is ahead of the clock, which may have been put back. */
  private _time = 0;
  private _ahead = 0;
  private _undo: Array<() => void>;
  /** When a session must be there. */
  private _until: number;
  /** What was wrong with the first transport. */
  private _firstError?: TransportError;

  constructor(
    private _address: Address,
    private _options: EngineOptions,
    private _known: Transport[],
    private _settings: Settings,
  ) {
    super();
    this._clock = _options.clock || systemClock;
    const { timeout } = _settings;
    this._until = timeout === false ? Infinity : this._now() + timeout;
    this._transports = choose(_known, _options);
    this._undo = [onWake(() => this._wake()), onLeave(() => this._leave())];
  }

  /** Asks for a session, on the first of the transports that are left. */
  _begin(): void {
    const kinds = this._transports;
    const now = this._now();
    const { maxBuffer = MAX_BUFFER, upgrade } = this._options;
    // A leg of the session before may have something to tell yet, and has the number of one of these.
    this._legs = {};
    this._session = new Session(this, {
      kinds,
      upgrade: upgrade !== false,
      timeout: this._until - now,
      maxBuffer,
      wait: (attempts, patience) => backoff(attempts, this._settings, patience),
    });
    if (kinds[0]) {
      this.transport = kinds[0];
      this._tell(() => this._session.begin(now));
    } else {
      this._session.state = "closed";
      this._timer = this._clock.set(() => this.tell("error", transportError("no transport works here")), 0);
    }
  }

  /** Sends a message. Throws where it is too large, or too much waits, or U+001E is in it. */
  send(data: Packet): this {
    // It would fall apart in a body.
    if (typeof data === "string" && data.indexOf("\x1e") >= 0) throw new Error("encke: a message with U+001E in it");
    this._admit([data]);
    return this._sendAll([data]);
  }

  /** Throws where messages can not be sent now. */
  _admit(messages: Packet[]): void {
    this._session.admit(messages.map(toPacket));
  }

  /** Sends messages, in one POST if it must be one. */
  _sendAll(messages: Packet[]): this {
    messages.forEach((data) => this.emit("packetCreate", { type: "message", data }));
    return this._tell((now) => this._session.send(now, messages.map(toPacket)));
  }

  /** Ends the session when all is sent. */
  close(): this {
    return this._tell((now) => this._session.close(now));
  }

  /** Whether what is sent now leaves at once. */
  _isWritable(): boolean {
    return this._session.isWritable();
  }

  /** Looks at the clock, for which the timer may be late: timers do not run while a machine sleeps. */
  _check(): void {
    this._due = Infinity;
    this._tell((now) => this._session.handleTimeout(now));
  }

  openLeg(leg: number, kind: Kind, sid?: string, numbers?: Numbers): void {
    const legs = this._legs;
    const tell = (happen: (now: number) => void, isLast?: boolean) => {
      if (!legs[leg]) return;
      if (isLast) delete legs[leg];
      this._tell(happen);
    };
    // A leg may tell before it is known here.
    legs[leg] = { close() {} };
    const opened = (kind as Transport).open(this._link(kind, sid, numbers), {
      opened: () => tell(() => this._session.handleOpened(leg)),
      packet: (received) =>
        tell((now) => {
          this._observe(received);
          this._session.handlePacket(now, leg, received);
        }),
      ended: () => tell((now) => this._session.handleEnd(now, leg), true),
      lost: (reason, error) => tell((now) => this._session.handleLost(now, leg, reason, error), true),
    });
    if (legs[leg]) legs[leg] = opened;
  }

  write(leg: number, packets: Packet[]): void {
    this._legs[leg]!.send!(packets);
  }

  post(upload: number, packets: Packet[], numbers?: Numbers): void {
    const { kind } = this._session;
    this._posts[upload] = (kind as Transport).post!(this._link(kind, this.id, numbers), packets, (error, text) =>
      this._tell((now) => this._session.handlePosted(now, upload, error, text)),
    );
  }

  breakPost(upload: number): void {
    this._posts[upload]!();
  }

  postLast(packets: Packet[], numbers?: Numbers): void {
    // Any will do, chosen or not: an engine may drop what a page writes on a WebSocket as it goes.
    const transport = this._transports.concat(this._known).filter(({ farewell }) => farewell)[0];
    if (transport) transport.farewell!(this._link(transport, this.id, numbers), packets);
  }

  opened(session: Session, open: any): Session {
    this._session = open.resume ? new Resume(session, open) : session;
    this.tell("open");
    return this._session;
  }

  endLeg(leg: number): void {
    const ended = this._legs[leg];
    delete this._legs[leg];
    if (ended) ended.close();
  }

  tell(event: string, about?: any, error?: TransportError): void {
    const { sid, state, kind } = this._session;
    this.id = sid;
    if (event === "error") {
      hasUpgraded = false;
      about = this._firstError = this._firstError || about;
      const isWorthIt = this._transports.length > 1 && this._now() < this._until;
      if (isWorthIt && this._options.tryAllTransports !== false) {
        this._transports.shift();
        this._begin();
        return;
      }
    }
    this.transport = (kind as Transport) || this.transport;
    this.readyState = state;
    if (event === "upgrade") hasUpgraded = true;
    if (state === "closed") {
      for (const post in this._posts) this._posts[post]!();
      this._clock.clear(this._timer);
      this._undo.forEach((undo) => undo());
    }
    this.emit(event, about, error);
    if (event === "error") this.emit("close", "transport error", about);
  }

  /** Does something with the session, and sees to it that it is called when it wants to be. */
  private _tell(happen: (now: number) => void): this {
    const clock = this._clock;
    guard(() => happen(this._now()));
    const due = this._session.deadline();
    if (due < this._due) {
      clock.clear(this._timer);
      this._due = due;
      this._timer = clock.set(() => this._check(), Math.min(due - this._now(), LONGEST_TIMER));
    }
    return this;
  }

  /** The time, which never goes back. */
  private _now(): number {
    const now = this._clock.now();
    this._ahead = Math.max(this._ahead, this._time - now);
    return (this._time = now + this._ahead);
  }

  private _wake(): void {
    this._due = Infinity;
    this._tell((now) => this._session.handleWake(now));
  }

  private _observe(packet: Packet): void {
    if (packet === "2") this.emit("ping");
    if (!this.hasListeners("packet")) return;
    const isText = typeof packet === "string";
    this.emit("packet", {
      type: isText ? TYPES[+packet.charAt(0)] : "message",
      data: isText ? packet.slice(1) : packet,
    });
  }

  private _leave(): void {
    this._tell((now) => this._session.leave(now));
  }

  private _link({ name }: Kind, sid?: string, numbers?: Numbers): Link {
    const options = this._options;
    const query: Query = {};
    const given: Query = options.query || this._address.query;
    for (const key in given) query[key] = given[key];
    query.EIO = 4;
    query.transport = name;
    query.sid = sid;
    if (!sid) query.encke = 1;
    const isNumbered = this._session instanceof Resume;
    if (isNumbered) NUMBERS.forEach((number) => (query[number] = numbers && numbers[number]));
    if (options.timestampRequests !== false) {
      query[options.timestampParam || "t"] = (this._clock.now() + requests++).toString(36);
    }
    const path = (options.path || "/socket.io").replace(/\/$/, "") + (options.addTrailingSlash === false ? "" : "/");
    return { url: this._address.origin + path + "?" + formatQuery(query), options, taken: isNumbered ? /^7\d+$/ : /^ok$/i };
  }
}

/** A message as a packet. */
function toPacket(data: Packet): Packet {
  return typeof data === "string" ? "4" + data : data;
}

/** The transports that the options name and that can run here. */
function choose(known: Transport[], options: EngineOptions): Transport[] {
  const chosen: Transport[] = [];
  (options.transports || known).forEach((wanted) => {
    const transport = typeof wanted === "string" ? known.filter(({ name }) => name === wanted)[0] : wanted;
    if (transport && transport.isSupported(options)) chosen.push(transport);
  });
  // Where sorting is not stable it does not matter: there is one duplex transport at most.
  return options.rememberUpgrade && hasUpgraded ? chosen.sort((a, b) => +b.duplex - +a.duplex) : chosen;
}

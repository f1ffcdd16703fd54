import { formatQuery, type Address } from "./address";
import { systemClock, type Clock } from "./clock";
import type { Packet } from "./codec/payload";
import { Emitter } from "./emitter";
import { transportError, type TransportError } from "./error";
import type { EngineOptions, Query } from "./options";
import { guard } from "./guard";
import { onLeave, onWake } from "./page";
import { Session, type Kind, type Port } from "./session";
import type { Leg, Link, Transport } from "./transport/transport";

/** Names of packets, by type, as the event `packet` tells them. */
const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];

/** Milliseconds; timers take no more than 2^31. */
const LONGEST_TIMER = 2e9;

/** Makes the addresses of two requests at the same time differ. */
let requests = 0;

/** Whether the last session in this page moved to a better transport. */
let hasUpgraded = false;

/**
 * Carries a session: opens its legs, keeps its time, tells its story.
 *
 * Events: `open`, `message`, `packet`, `packetCreate`, `drain`, `ping`, `upgrading`, `upgrade`,
 * `upgradeError`, `error`, and at last `close` with a reason.
 */
export class Engine extends Emitter implements Port {
  /** The session's name, once the server has given it. */
  id?: string;
  /** The transport in use. */
  transport!: Transport;
  readyState: Session["state"] = "opening";
  /** Those that may be tried, in order. */
  private _transports: Transport[];
  private _session!: Session;
  private _legs!: { [leg: number]: Leg };
  private _breakPost?: () => void;
  private _clock: Clock;
  private _timer: unknown;
  /** What the timer is set to. */
  private _due = Infinity;
  private _undo: Array<() => void>;
  /** When a session must be there. */
  private _until: number;
  /** What was wrong with the first transport. */
  private _firstError?: TransportError;

  constructor(
    private _address: Address,
    private _options: EngineOptions,
    known: Transport[],
    timeout: number | false,
  ) {
    super();
    this._clock = _options.clock || systemClock;
    this._until = timeout === false ? Infinity : this._clock.now() + timeout;
    this._transports = choose(known, _options);
    this._undo = [onWake(() => this._check()), onLeave(() => this._leave())];
  }

  /** Asks for a session, on the first of the transports that are left. */
  _begin(): void {
    const kinds = this._transports;
    const now = this._clock.now();
    // A leg of the session before may have something to tell yet, and has the number of one of these.
    this._legs = {};
    this._session = new Session(this, {
      kinds,
      upgrade: this._options.upgrade !== false,
      timeout: this._until - now,
    });
    if (kinds[0]) {
      this.transport = kinds[0];
      this._tell(() => this._session.begin(now));
    } else {
      this._session.state = "closed";
      this._timer = this._clock.set(() => this.tell("error", transportError("no transport works here")), 0);
    }
  }

  /** Sends a message. */
  send(data: Packet): this {
    return this._sendAll([data]);
  }

  /** Sends messages, in one POST if it must be one. */
  _sendAll(messages: Packet[]): this {
    const packets = messages.map((data) => {
      this.emit("packetCreate", { type: "message", data });
      return typeof data === "string" ? "4" + data : data;
    });
    return this._tell(() => this._session.send(packets));
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

  openLeg(leg: number, kind: Kind, sid?: string): void {
    const session = this._session;
    const legs = this._legs;
    const tell = (happen: (now: number) => void, isLast?: boolean) => {
      if (!legs[leg]) return;
      if (isLast) delete legs[leg];
      this._tell(happen);
    };
    // A leg may tell before it is known here.
    legs[leg] = { close() {} };
    const opened = (kind as Transport).open(this._link(kind, sid), {
      opened: () => tell(() => session.handleOpened(leg)),
      packet: (received) =>
        tell((now) => {
          this._observe(received);
          session.handlePacket(now, leg, received);
        }),
      ended: () => tell((now) => session.handleEnd(now, leg), true),
      lost: (reason, error) => tell((now) => session.handleLost(now, leg, reason, error), true),
    });
    if (legs[leg]) legs[leg] = opened;
  }

  write(leg: number, packets: Packet[]): void {
    this._legs[leg]!.send!(packets);
  }

  post(packets: Packet[]): void {
    const session = this._session;
    const { transport } = this;
    this._breakPost = transport.post!(this._link(transport, this.id), packets, (error) =>
      this._tell((now) => {
        if (error) session.handleLost(now, undefined, "transport error", error);
        else session.handlePosted(now);
      }),
    );
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
      const isWorthIt = this._transports.length > 1 && this._clock.now() < this._until;
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
      if (this._breakPost) this._breakPost();
      this._clock.clear(this._timer);
      this._undo.forEach((undo) => undo());
    }
    this.emit(event, about, error);
    if (event === "error") this.emit("close", "transport error", about);
  }

  /** Does something with the session, and sees to it that it is called when it wants to be. */
  private _tell(happen: (now: number) => void): this {
    const clock = this._clock;
    guard(() => happen(clock.now()));
    const due = this._session.deadline();
    if (due < this._due) {
      clock.clear(this._timer);
      this._due = due;
      this._timer = clock.set(() => this._check(), Math.min(due - clock.now(), LONGEST_TIMER));
    }
    return this;
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
    const { transport } = this;
    const last = this._session.farewell();
    // Before the poll is broken off, which the server would take for the end.
    if (last[0] && transport.farewell) transport.farewell(this._link(transport, this.id), last);
    this._session.leave();
  }

  private _link({ name }: Kind, sid?: string): Link {
    const options = this._options;
    const query: Query = {};
    const given: Query = options.query || this._address.query;
    for (const key in given) query[key] = given[key];
    query.EIO = 4;
    query.transport = name;
    query.sid = sid;
    if (options.timestampRequests !== false) {
      query[options.timestampParam || "t"] = (this._clock.now() + requests++).toString(36);
    }
    const path = (options.path || "/socket.io").replace(/\/$/, "") + (options.addTrailingSlash === false ? "" : "/");
    return { url: this._address.origin + path + "?" + formatQuery(query), options };
  }
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

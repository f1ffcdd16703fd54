import { ACK, CONNECT, CONNECT_ERROR, DISCONNECT, encode, EVENT, RESERVED, type SocketPacket } from "./codec/socket-packet";
import type { Packet } from "./codec/payload";
import { DEV } from "./dev";
import { Emitter, type Listener } from "./emitter";
import type { Engine } from "./engine";
import { guard } from "./guard";
import type { Clock } from "./clock";
import type { Accessors, Auth, ManagerOptions, SocketOptions } from "./options";
import { root } from "./root";
import type { AckOf, ArgsWithoutAck, DefaultEventsMap, EventArgs, EventNames, EventsMap, Timed } from "./types";

/** Why a socket is no longer connected. */
export type DisconnectReason =
  | "io server disconnect"
  | "io client disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error"
  | "forced close"
  | "session gone";

/** A manager, as its sockets and their applications see it. */
export interface Connection extends Emitter, Accessors<Connection> {
  engine: Engine;
  opts: ManagerOptions;
  nsps: { [nsp: string]: Socket };
  open(done?: (error?: Error) => void): Connection;
  connect(done?: (error?: Error) => void): Connection;
  disconnect(): void;
  socket(nsp: string, options?: SocketOptions): Socket;
  readonly _autoConnect: boolean;
  readonly _readyState: string;
  readonly _reconnecting: boolean;
  readonly _clock: Clock;
  /** Sends a packet, which is one message or several. */
  _write(messages: Packet[]): void;
  /** A socket left its namespace. */
  _left(): void;
}

/** What is known about it besides. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

/** Events of the library's own. */
export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (error: Error & { data?: any; description?: any; context?: any }) => void;
  disconnect: (reason: DisconnectReason, details?: DisconnectDescription) => void;
}

/** What is heard of any event. */
type AnyListener = (event: string, ...args: any[]) => void;

/** An event that is not sent yet. */
interface Unsent {
  id?: number;
  data: any[];
  /** What it is on the wire, written when it was emitted. */
  _packets: Packet[];
}

/** An event of a socket with `retries`. */
interface Retried {
  args: any[];
  flags: Flags;
  tries: number;
  isPending: boolean;
}

interface Flags {
  volatile?: boolean;
  timeout?: number;
  /** Not to be queued once more. */
  isRetry?: boolean;
}

interface Ack extends Listener {
  /** It takes an error first. */
  _withError?: boolean;
}

/** Whose listeners hear every event that comes, and every one that leaves. */
const INCOMING = "<";
const OUTGOING = ">";

/** A namespace of a server, as the application sees it. */
export class Socket<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
> extends Emitter<Listen, SocketReservedEvents> {
  /** Whether the server has let it in, and nothing has ended that. */
  connected = false;
  /** Its public name, while it is connected. */
  id?: string;
  /** Whether what was lost went on with nothing missing: the connection, or before the last connect another. */
  recovered = false;
  /** See `SocketOptions.auth`; what is set here counts at the next connect. */
  auth?: Auth;
  /** Events that came before the connect was confirmed. */
  receiveBuffer: any[][] = [];
  /** Events that wait for a connect. */
  sendBuffer: Unsent[] = [];

  private _isActive = false;
  private _hasConnected = false;
  /** The connection on which a CONNECT has gone out that is not answered yet; a second would break it. */
  private _joining?: { engine: Engine; isStale?: boolean };
  private _flags: Flags = {};
  private _nextId = 0;
  private _acks: { [id: number]: Ack } = {};
  private _queue: Retried[] = [];
  /** What a server with connection state recovery knows this socket by. */
  private _pid?: string;
  private _offset?: string;

  constructor(
    /** Its connection. */
    public io: Connection,
    /** Its namespace. */
    public nsp: string,
    private _options: SocketOptions = {},
  ) {
    super();
    this.auth = _options.auth;
    if (io._autoConnect) this.connect();
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether it is connected, or will be as soon as the server can be reached. */
  get active(): boolean {
    return this._isActive;
  }

  /** Marks the next event as one that is dropped if it can not leave at once. */
  get volatile(): this {
    this._flags.volatile = true;
    return this;
  }

  /** Takes what Socket.IO's client takes. Whether messages are compressed is up to the transport. */
  compress(_value: boolean): this {
    return this;
  }

  /** Gives the next event's ack an error if no answer comes within `milliseconds`. */
  timeout(milliseconds: number): Socket<Listen, Timed<Emit>> {
    this._flags.timeout = milliseconds;
    return this as any;
  }

  /** Joins the namespace, and connects to the server if that is not done yet. */
  connect(): this {
    const { io } = this;
    if (this.connected || (this._isActive && io._readyState === "open")) return this;
    this._isActive = true;
    if (!io._reconnecting) io.open();
    if (io._readyState === "open") this._join();
    return this;
  }

  /** As `connect`. */
  open(): this {
    return this.connect();
  }

  /** Leaves the namespace; the last socket of a connection ends it. */
  disconnect(): this {
    if (this.connected) this._send({ type: DISCONNECT });
    const wasConnected = this.connected;
    this._leave();
    if (wasConnected) this._closed("io client disconnect");
    return this;
  }

  /** As `disconnect`. */
  close(): this {
    return this.disconnect();
  }

  /** Emits the event `message`. */
  send(...args: any[]): this {
    return this.emit("message" as any, ...(args as any));
  }

  /**
   * Sends an event. A function as the last argument is called with the answer.
   *
   * Throws for names that have a meaning of their own, for data that JSON does not know, such as cycles,
   * and while it is connected for an event that is larger than the server takes, or for which there is no
   * room in `maxBuffer`.
   */
  override emit<Name extends EventNames<Emit>>(event: Name, ...args: EventArgs<Emit, Name>): this {
    const flags = this._flags;
    this._flags = {};
    if (RESERVED.test(event)) throw new Error('"' + event + '" is a reserved event name');
    const data: any[] = [event, ...(args as any[])];
    if (this._options.retries && !flags.isRetry && !flags.volatile) {
      this._retry(data, flags);
      return this;
    }
    let ack: Ack | undefined;
    if (typeof data[data.length - 1] === "function") ack = data.pop();
    const id = ack && this._nextId++;
    const unsent: Unsent = { id, data, _packets: encode({ type: EVENT, nsp: this.nsp, id, data }) };
    const { engine } = this.io;
    // Silence that no timer has noticed, since the page slept.
    if (this.connected) engine._check();
    if (this.connected && !flags.isRetry) engine._admit(unsent._packets);
    // Also of an event that is dropped: that no answer comes is what its ack is to hear.
    if (ack) this._expect(id!, ack, flags.timeout === undefined ? this._options.ackTimeout : flags.timeout);
    if (flags.volatile && !(this.connected && engine._isWritable())) return this;
    if (this.connected) this._emitNow(unsent);
    else this.sendBuffer.push(unsent);
    return this;
  }

  /** Sends an event and gives a promise of the answer, which is broken by a timeout or a disconnect. */
  emitWithAck<Name extends EventNames<Emit>>(event: Name, ...args: ArgsWithoutAck<Emit, Name>): Promise<AckOf<Emit, Name>> {
    const { Promise } = root;
    if (!Promise) throw new Error("encke: emitWithAck needs Promise, which this browser does not have");
    return new Promise((resolve: Listener, reject: Listener) => {
      const ack: Ack = (error, answer) => (error ? reject(error) : resolve(answer));
      ack._withError = true;
      this.emit(event, ...([...(args as any[]), ack] as any));
    });
  }

  /** Hears every event that comes, before its own listeners do. */
  onAny(listener: AnyListener): this {
    return this._add(INCOMING, listener);
  }

  /** As `onAny`, before the others. */
  prependAny(listener: AnyListener): this {
    return this._add(INCOMING, listener, true);
  }

  /** Forgets one of `onAny`, or all. */
  offAny(listener?: AnyListener): this {
    return this._remove(INCOMING, listener);
  }

  listenersAny(): AnyListener[] {
    return this._list(INCOMING);
  }

  /** Hears every event that leaves. */
  onAnyOutgoing(listener: AnyListener): this {
    return this._add(OUTGOING, listener);
  }

  /** As `onAnyOutgoing`, before the others. */
  prependAnyOutgoing(listener: AnyListener): this {
    return this._add(OUTGOING, listener, true);
  }

  /** Forgets one of `onAnyOutgoing`, or all. */
  offAnyOutgoing(listener?: AnyListener): this {
    return this._remove(OUTGOING, listener);
  }

  listenersAnyOutgoing(): AnyListener[] {
    return this._list(OUTGOING);
  }

  /** The connection is there: asks to be let in. */
  _join(): void {
    const { auth, io } = this;
    const { engine } = io;
    const give = (data?: object) => {
      // The answer may come late, when the connection is another.
      const isAsked = this._joining && this._joining.engine === engine;
      if (engine !== io.engine || isAsked || !this._isActive || this.connected) return;
      this._joining = { engine };
      const credentials: any = this._pid ? { pid: this._pid, offset: this._offset } : undefined;
      this._send({ type: CONNECT, data: credentials ? copy(data, credentials) : data || undefined });
    };
    if (typeof auth === "function") guard(() => auth(give));
    else give(auth);
  }

  /** The connection could not be made. */
  _refused(error: Error): void {
    if (!this.connected) this._fire("$connect_error", [error]);
  }

  /** The connection is lost, or the namespace left. */
  _closed(reason: string, error?: Error): void {
    const wasConnected = this.connected;
    this.connected = false;
    this.id = undefined;
    if (wasConnected) this._fire("$disconnect", [reason, error]);
    else if (this._isActive && reason !== "forced close") this._refused(error || new Error(reason));
    for (const id in this._acks) {
      if (this.sendBuffer.some((unsent) => unsent.id === +id)) continue;
      const ack = this._acks[id]!;
      delete this._acks[id];
      // The others have no place for an error.
      if (ack._withError) guard(() => ack.call(this, new Error("socket has been disconnected")));
    }
  }

  /** A packet of this namespace has come. */
  _receive({ type, data, id }: SocketPacket): void {
    if (type === CONNECT || type === CONNECT_ERROR) {
      const isStale = this._joining && this._joining.isStale;
      this._joining = undefined;
      if (isStale) {
        // It was left before the server had let it in, and could not say so then.
        if (type === CONNECT) this._send({ type: DISCONNECT });
        if (this._isActive) this._join();
        return;
      }
    }
    if (!this._isActive) return;
    switch (type) {
      case CONNECT:
        if (data && data.sid) this._connected(data.sid, data.pid);
        else this._refused(new Error("the server speaks an older protocol, that of Socket.IO 2"));
        break;
      case EVENT:
        if (id !== undefined) data.push(this._answer(id));
        if (this.connected) this._dispatch(data);
        else this.receiveBuffer.push(data);
        break;
      case ACK: {
        const ack = this._acks[id!];
        delete this._acks[id!];
        if (ack) guard(() => ack.apply(this, ack._withError ? [null, ...data] : data));
        break;
      }
      case DISCONNECT:
        this._leave();
        this._closed("io server disconnect");
        break;
      case CONNECT_ERROR: {
        if (this.connected) {
          // Of what it has let in a server says something else.
          this._leave();
          this._closed("parse error");
          break;
        }
        const error: any = new Error(typeof data === "string" ? data : data.message || "refused");
        error.data = data.data;
        this._leave();
        this._refused(error);
      }
    }
  }

  private _connected(id: string, pid?: string): void {
    this.id = id;
    this.recovered = !!pid && pid === this._pid;
    this._pid = pid;
    this.connected = true;
    const { receiveBuffer, sendBuffer } = this;
    this.receiveBuffer = [];
    this.sendBuffer = [];
    receiveBuffer.forEach((data) => this._dispatch(data));
    sendBuffer.forEach((unsent) =>
      guard(() => {
        this.io.engine._admit(unsent._packets);
        this._emitNow(unsent);
      }),
    );
    this._drain();
    if (!this.connected) return;
    if (DEV) this._inConnect = this._hasConnected;
    this._hasConnected = true;
    this._fire("$connect", []);
    if (DEV) this._inConnect = false;
  }

  private _dispatch(data: any[]): void {
    this._fire(INCOMING, data);
    this._fire("$" + data[0], data.slice(1));
    const last = data[data.length - 1];
    if (this._pid && typeof last === "string") this._offset = last;
  }

  private _emitNow({ data, _packets }: Unsent): void {
    // A listener may leave.
    if (this.connected) this._fire(OUTGOING, data);
    if (this.connected) this.io._write(_packets);
  }

  private _send({ type, data, id }: { type: number; data?: any; id?: number }): void {
    this.io._write(encode({ type, nsp: this.nsp, data, id }));
  }

  /** The function that answers an event, once. */
  private _answer(id: number): Listener {
    let engine: Engine | undefined = this.io.engine;
    return (...data) => {
      // The number means nothing on another connection, and the server ends one that answers where it has left.
      if (engine !== this.io.engine || !this.connected) return;
      const packets = encode({ type: ACK, nsp: this.nsp, id, data });
      engine._admit(packets);
      engine = undefined;
      this.io._write(packets);
    };
  }

  private _expect(id: number, ack: Ack, milliseconds?: number): void {
    const { _clock } = this.io;
    if (milliseconds === undefined) {
      this._acks[id] = ack;
      return;
    }
    const timer = _clock.set(() => {
      delete this._acks[id];
      this.sendBuffer = this.sendBuffer.filter((unsent) => unsent.id !== id);
      ack.call(this, new Error("operation has timed out"));
    }, milliseconds);
    const answered: Ack = (...args) => {
      _clock.clear(timer);
      ack.apply(this, args);
    };
    answered._withError = true;
    this._acks[id] = answered;
  }

  private _retry(args: any[], flags: Flags): void {
    const ack: Ack | undefined = typeof args[args.length - 1] === "function" ? args.pop() : undefined;
    // What can not be sent is an error here, and not where it would hold up all that wait behind it.
    const packets = encode({ type: EVENT, nsp: this.nsp, data: args });
    if (this.connected) this.io.engine._admit(packets);
    const retried: Retried = { args, flags, tries: 0, isPending: false };
    args.push((error: Error | null, ...answer: any[]) => {
      if (!error || retried.tries > this._options.retries!) {
        this._queue.shift();
        if (ack) guard(() => ack!(error, ...answer));
      }
      retried.isPending = false;
      this._drain();
    });
    args[args.length - 1]._withError = flags.isRetry = true;
    this._queue.push(retried);
    this._drain();
  }

  /** Sends the first of the events that wait for each other, once more if it is to be. */
  private _drain(): void {
    const next = this._queue[0];
    if (!next || !this.connected || next.isPending) return;
    next.isPending = true;
    next.tries++;
    this._flags = next.flags;
    (this.emit as Listener).apply(this, next.args);
  }

  private _leave(): void {
    this._isActive = false;
    if (this._joining) this._joining.isStale = true;
    this.io._left();
  }
}

function copy(from: any, to: any): any {
  for (const key in from) to[key] = from[key];
  return to;
}

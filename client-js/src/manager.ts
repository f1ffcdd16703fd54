import { parseAddress, type Address } from "./address";
import { backoff } from "./backoff";
import { systemClock, type Clock } from "./clock";
import type { Packet } from "./codec/payload";
import { Decoder, MAX_ATTACHMENTS, type SocketPacket } from "./codec/socket-packet";
import { Emitter } from "./emitter";
import { Engine } from "./engine";
import type { Accessors, ManagerOptions, Settings, SocketOptions } from "./options";
import { onWake } from "./page";
import { Socket, type Connection } from "./socket";
import type { Transport } from "./transport/transport";

const DEFAULTS: Settings = {
  reconnection: true,
  reconnectionAttempts: Infinity,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  randomizationFactor: undefined,
  timeout: 20000,
};

type Opened = (error?: Error) => void;

/**
 * A connection to a server, shared by the sockets of all its namespaces, and made again when it is lost.
 *
 * Events: `open`, `close`, `error`, `ping`, `reconnect_attempt`, `reconnect`, `reconnect_error`,
 * `reconnect_failed`.
 */
export class Manager extends Emitter implements Connection {
  /** The connection of the moment. */
  engine!: Engine;
  /** The sockets, by namespace. */
  nsps: { [nsp: string]: Socket } = {};
  opts: ManagerOptions;
  uri?: string;
  _autoConnect: boolean;
  _readyState: "closed" | "opening" | "open" = "closed";
  /** Waiting for the next try, or trying. */
  _reconnecting = false;
  _clock: Clock;
  private _address: Address;
  private _decoder!: Decoder;
  /** Tries since the last success. */
  private _attempts = 0;
  private _settings: any = {};
  /** The application does not want to be connected. */
  private _isDismissed = false;
  private _timer: unknown;
  private _stopWaking?: () => void;
  /** While the next try is waited for: makes it now. */
  private _retry?: (done?: Opened) => void;

  constructor(uri?: string | ManagerOptions, options?: ManagerOptions, private _known?: Transport[]) {
    super();
    if (uri && typeof uri === "object") {
      options = uri;
      uri = undefined;
    }
    const opts: ManagerOptions = (this.opts = options || {});
    if ((opts as any).parser) throw new Error("encke: a parser of your own is not supported; only Socket.IO's JSON is spoken");
    this.uri = uri as string | undefined;
    this._address = parseAddress(this.uri);
    this._clock = opts.clock || systemClock;
    for (const name in DEFAULTS) {
      const given = (opts as any)[name];
      const standard = (DEFAULTS as any)[name];
      // A limit of 0 would be none.
      this._settings[name] = given === undefined || (given === 0 && standard) ? standard : given;
    }
    this._autoConnect = opts.autoConnect !== false;
    if (this._autoConnect) this.open();
  }

  /** Connects, if it is not connected or about to be. `done` hears once how that went. */
  open(done?: Opened): this {
    if (this._readyState !== "closed") return this;
    if (this._retry) {
      this._retry(done);
      return this;
    }
    this._readyState = "opening";
    this._isDismissed = false;
    const engine = (this.engine = new Engine(this._address, this.opts, this._known || [], this._settings));
    this._decoder = new Decoder(this.opts.maxAttachments || MAX_ATTACHMENTS);
    engine
      .on("open", () => {
        this._readyState = "open";
        this._eachSocket((socket) => socket._join());
        this.emit("open");
        if (done) done();
      })
      .on("error", (error: Error) => {
        // It may be told a moment late, when the application has left or tries again.
        if (engine !== this.engine || this._readyState !== "opening") return;
        this._readyState = "closed";
        this._eachSocket((socket) => socket._refused(error));
        this.emit("error", error);
        if (done) done(error);
        else if (!this._reconnecting && this._settings.reconnection) this._reconnect();
      })
      .on("ping", () => this.emit("ping"))
      .on("resume", () =>
        this._eachSocket((socket) => {
          if (socket.connected) socket.recovered = true;
        }),
      )
      .on("message", (data) => {
        // A connection that was given up may have something to tell yet.
        if (engine === this.engine && this._readyState === "open") this._receive(data);
      })
      .on("close", (reason: string, error?: Error) => {
        if (engine === this.engine && this._readyState !== "closed") this._closed(reason, error);
      });
    engine._begin();
    return this;
  }

  /** As `open`. */
  connect(done?: Opened): this {
    return this.open(done);
  }

  /** The socket of a namespace. */
  socket(nsp: string, options?: SocketOptions): Socket {
    const known = this.nsps[nsp];
    if (!known) return (this.nsps[nsp] = new Socket(this, nsp, options));
    if (this._autoConnect && !known.active) known.connect();
    return known;
  }

  /** Ends the connection, and makes none again until it is asked to. */
  disconnect(): void {
    this._isDismissed = true;
    this._stopWaiting();
    if (this._readyState !== "closed") this._closed("forced close");
  }

  /** A socket left its namespace; the last one ends the connection. */
  _left(): void {
    let isActive = false;
    this._eachSocket((socket) => {
      isActive = isActive || socket.active;
    });
    if (!isActive) this.disconnect();
  }

  /** Sends a packet of Socket.IO, which is one message or several. */
  _write(messages: Packet[]): void {
    if (this._readyState === "open") this.engine._sendAll(messages);
  }

  private _receive(data: string | ArrayBuffer): void {
    let packet: SocketPacket | undefined;
    try {
      packet = this._decoder.add(data);
    } catch (error) {
      this._closed("parse error", error as Error);
      return;
    }
    // A name from the network is looked up among those of this page only.
    if (packet && Object.prototype.hasOwnProperty.call(this.nsps, packet.nsp)) this.nsps[packet.nsp]!._receive(packet);
  }

  private _closed(reason: string, error?: Error): void {
    this._readyState = "closed";
    this._reconnecting = false;
    this._attempts = 0;
    this.engine.close();
    this._eachSocket((socket) => socket._closed(reason, error));
    this.emit("close", reason, error);
    if (this._settings.reconnection) this._reconnect();
  }

  private _reconnect(): void {
    if (this._reconnecting || this._isDismissed) return;
    const settings: Settings = this._settings;
    if (this._attempts >= settings.reconnectionAttempts) {
      this._attempts = 0;
      this.emit("reconnect_failed");
      return;
    }
    this._reconnecting = true;
    const retry = (this._retry = (done?: Opened) => {
      this._stopWaiting();
      this._reconnecting = true;
      const attempt = this._attempts;
      this.emit("reconnect_attempt", attempt);
      // A listener may have changed its mind.
      if (this._isDismissed) return;
      this.open((error) => {
        this._reconnecting = false;
        if (error) {
          this._reconnect();
          this.emit("reconnect_error", error);
        } else {
          this._attempts = 0;
          this.emit("reconnect", attempt);
        }
        if (done) done(error);
      });
    });
    this._timer = this._clock.set(() => retry(), backoff(this._attempts++, settings));
    this._stopWaking = onWake(() => retry());
  }

  private _stopWaiting(): void {
    this._clock.clear(this._timer);
    if (this._stopWaking) this._stopWaking();
    this._stopWaking = this._retry = undefined;
    this._reconnecting = false;
  }

  private _eachSocket(call: (socket: Socket) => void): void {
    for (const nsp in this.nsps) if (this.nsps[nsp]!.active) call(this.nsps[nsp]!);
  }
}

// Each setting is a method.
export interface Manager extends Accessors<Manager> {}

(Object.keys(DEFAULTS) as Array<keyof Settings>).forEach((name) => {
  Manager.prototype[name] = function (this: any, value?: unknown): any {
    if (value === undefined) return this._settings[name];
    this._settings[name] = value;
    if (!this._settings.reconnection) this._stopWaiting();
    return this;
  };
});

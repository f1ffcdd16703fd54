import type { Clock } from "./clock";
import type { RequestOptions } from "./request";
import type { Transport } from "./transport/transport";

/** What a query consists of. */
export interface Query {
  [key: string]: any;
}

/** Options of the engine: how sessions are carried. */
export interface EngineOptions extends RequestOptions {
  /** The path of the server. Default `/socket.io`. */
  path?: string;
  /** Whether the path ends with a slash. Default true. */
  addTrailingSlash?: boolean;
  /** What stands in the query of each request. */
  query?: Query;
  /**
   * Transports, by name or as they are, in order of preference: a session begins on the first that
   * works, and moves to others that are better. Default `["polling", "websocket"]`.
   */
  transports?: Array<string | Transport>;
  /** Whether a session may move to a better transport. Default true. */
  upgrade?: boolean;
  /** Whether the next session begins on the transport that the last one had moved to. Default false. */
  rememberUpgrade?: boolean;
  /** Whether the next transport is tried at once when one can not connect. Default true. */
  tryAllTransports?: boolean;
  /** Whether requests carry a parameter that keeps caches away. Default true. */
  timestampRequests?: boolean;
  /** The name of that parameter. Default `t`. */
  timestampParam?: string;
  /**
   * The most that may wait to be sent or to be confirmed, in bytes, 64 counted a message beyond its
   * own; to send more throws. Default 8,388,608, which is 8 MiB.
   */
  maxBuffer?: number;
  /** Where the time comes from; for tests. */
  clock?: Clock;
}

/** Options of a manager: when it connects. */
export interface ManagerOptions extends EngineOptions {
  /** Whether to connect without being asked to. Default true. */
  autoConnect?: boolean;
  /** Whether to connect again after a connection is lost. Default true. */
  reconnection?: boolean;
  /** Tries before giving up. Default Infinity. */
  reconnectionAttempts?: number;
  /** Milliseconds up to which the first wait may last. Default 1000; it doubles with each try. */
  reconnectionDelay?: number;
  /** Milliseconds that no wait is longer than. Default 5000. */
  reconnectionDelayMax?: number;
  /**
   * The part of a wait by which it may be shorter or longer, 0 to 1. Without it, a wait is anything
   * from nothing to its ceiling.
   */
  randomizationFactor?: number;
  /** Milliseconds for a connection to be made, or false. Default 20000. */
  timeout?: number | false;
  /** The most attachments that a packet of the server may have. Default 10000. */
  maxAttachments?: number;
}

/** What can be changed while a manager lives. */
export interface Settings {
  reconnection: boolean;
  reconnectionAttempts: number;
  reconnectionDelay: number;
  reconnectionDelayMax: number;
  randomizationFactor: number | undefined;
  timeout: number | false;
}

/** Each setting as a method: without a value it gives what is set, with one it sets it. */
export type Accessors<Owner> = {
  [Name in keyof Settings]: { (): Settings[Name]; (value: Settings[Name]): Owner };
};

/** What is given to the server when a namespace is joined. */
export type Auth = { [key: string]: any } | ((give: (auth: object) => void) => void);

/** Options of a socket. */
export interface SocketOptions {
  /** Credentials, or a function that is asked for them at each connect. */
  auth?: Auth;
  /** How often an event is sent again that was not acknowledged; makes events wait for each other. */
  retries?: number;
  /** Milliseconds to wait for each ack. Default: for as long as the socket is connected. */
  ackTimeout?: number;
}

/** Options of `io`. */
export interface Options extends ManagerOptions, SocketOptions {
  /** Whether to use a connection of its own. Default false. */
  forceNew?: boolean;
  /** Whether namespaces of a server share a connection. Default true. */
  multiplex?: boolean;
}

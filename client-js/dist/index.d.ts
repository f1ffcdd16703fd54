/*! encke-client 0.1.0 | MIT OR Apache-2.0 */
/** Where the time comes from. Tests give one of their own. */
interface Clock {
    /** Milliseconds since some instant. */
    now(): number;
    /** Calls `callback` once, `delay` milliseconds from now; gives what `clear` takes. */
    set(callback: () => void, delay: number): unknown;
    /** Forgets a call that was asked for. */
    clear(timer: any): void;
}

/** Bytes as they travel: a Blob where the page handed one in. */
type Binary = ArrayBuffer | Blob;

/**
 * A packet as it travels a WebSocket: text that begins with its type, or the bytes of a binary
 * message. Spec: Engine.IO 4, Protocol.
 */
type Packet = string | Binary;

/** Events by name, each with the listener that hears it. */
interface EventsMap {
    [event: string]: any;
}
/** Any event, with anything. */
interface DefaultEventsMap {
    [event: string]: (...args: any[]) => void;
}
/** The names of events of one side. */
type EventNames<Events> = keyof Events & string;
/** The listener of an event, of those that the library emits itself, or else of the application's. */
type ListenerOf<Own, Events, Name extends string> = Name extends keyof Own ? Own[Name] : Name extends keyof Events ? Events[Name] : never;
/** What an event is emitted with, its ack included. */
type EventArgs<Events, Name extends keyof Events> = Events[Name] extends (...args: infer Args) => any ? Args : never;
type Last<Args extends any[]> = Args extends [...any[], infer Tail] ? Tail : any;
type AllButLast<Args extends any[]> = Args extends [...infer Head, any] ? Head : any[];
type FirstOf<Ack> = Ack extends (...args: infer Args) => any ? Args extends [Error, infer Answer, ...any[]] ? Answer : Args extends [infer Answer, ...any[]] ? Answer : any[] extends Args ? any : undefined : any;
/** What an event is emitted with, without its ack. */
type ArgsWithoutAck<Events, Name extends keyof Events> = AllButLast<EventArgs<Events, Name>>;
/** What an event's ack answers. */
type AckOf<Events, Name extends keyof Events> = FirstOf<Last<EventArgs<Events, Name>>>;
type WithError<Arg> = Arg extends (...args: infer Answer) => infer Result ? (error: Error, ...args: Answer) => Result : Arg;
/** The same events, with acks that hear of an error first. */
type Timed<Events> = {
    [Name in keyof Events]: Events[Name] extends (...args: infer Args) => infer Result ? (...args: {
        [Index in keyof Args]: WithError<Args[Index]>;
    }) => Result : Events[Name];
};

/** Anything that can be called when an event comes. */
type Listener = (...args: any[]) => void;
/**
 * Who wants to hear of what.
 *
 * The methods are those that Socket.IO's emitters have, `listen` excepted. A list of listeners is
 * never changed, only replaced: those who are being called can come and go.
 */
declare class Emitter<Events extends EventsMap = DefaultEventsMap, Own extends EventsMap = {}> {
    /** Calls `listener` on each `event`, in the order of registration. */
    on<Name extends EventNames<Events> | EventNames<Own>>(event: Name, listener: ListenerOf<Own, Events, Name>): this;
    /** As `on`, for the next `event` only. */
    once<Name extends EventNames<Events> | EventNames<Own>>(event: Name, listener: ListenerOf<Own, Events, Name>): this;
    /** As `on`, and gives the function that undoes it. */
    listen<Name extends EventNames<Events> | EventNames<Own>>(event: Name, listener: ListenerOf<Own, Events, Name>): () => void;
    /** Forgets a listener, all of an event, or all there are. */
    off<Name extends EventNames<Events> | EventNames<Own>>(event?: Name, listener?: ListenerOf<Own, Events, Name>): this;
    /** Calls the listeners of `event`. */
    emit(event: string, ...args: any[]): any;
    /** Those who listen for `event`. */
    listeners(event: string): Listener[];
    /** Whether anybody listens for `event`. */
    hasListeners(event: string): boolean;
}
/** The names that other emitters have for `on` and `off`. */
interface Emitter<Events extends EventsMap = DefaultEventsMap, Own extends EventsMap = {}> {
    addEventListener<Name extends EventNames<Events> | EventNames<Own>>(event: Name, listener: ListenerOf<Own, Events, Name>): this;
    removeListener<Name extends EventNames<Events> | EventNames<Own>>(event?: Name, listener?: ListenerOf<Own, Events, Name>): this;
    removeEventListener<Name extends EventNames<Events> | EventNames<Own>>(event?: Name, listener?: ListenerOf<Own, Events, Name>): this;
    removeAllListeners<Name extends EventNames<Events> | EventNames<Own>>(event?: Name): this;
}

/** Where a server is. */
interface Address {
    /** Scheme, host and port, as `https://example.org:8080`. */
    origin: string;
    /** What stands behind it: for `io`, a namespace. */
    path: string;
    /** What stands behind the question mark, decoded. */
    query: {
        [key: string]: string;
    };
}

/** What went wrong with a transport. */
interface TransportError extends Error {
    type: "TransportError";
    /** The HTTP status, or the event of a WebSocket. */
    description?: unknown;
    /** The request or the WebSocket, for whoever wants to look closer. */
    context?: unknown;
}

/** What requests and WebSockets are made of. */
interface RequestOptions {
    /** Headers of requests; on a WebSocket only where its constructor takes them. */
    extraHeaders?: {
        [name: string]: string;
    };
    /** Whether requests to other origins carry cookies. Default false. */
    withCredentials?: boolean;
    /** Subprotocols of a WebSocket. */
    protocols?: string | string[];
    /** The constructor of WebSockets, where there is none in the global object (Node 20), or a better one. */
    WebSocket?: any;
}

/** A transport, as far as a session has to know it. */
interface Kind {
    readonly name: string;
    /** Whether a leg of it carries packets up too. Without that they go up in POSTs. */
    readonly duplex: boolean;
}
/** What a session that can resume says in the query of a request. Spec: PROTOCOL.md, Legs. */
interface Numbers {
    leg?: number;
    recv?: number;
    seq?: number;
    wait?: 0;
}
/** What a session asks its driver to do. A call may come back into the session before it returns. */
interface Port {
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
interface SessionConfig {
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
declare class Session {
    state: "opening" | "open" | "closing" | "closed";
    /** The name that the server gave it. */
    sid?: string;
    /** The transport that carries it. */
    kind: Kind;
    constructor(_port: Port, _config: SessionConfig);
    /** Asks the server for a session. */
    begin(now: number): void;
    /** Whether what is sent now leaves at once. */
    isWritable(): boolean;
    /** When `handleTimeout` is to be called, if nothing happens before. */
    deadline(): number;
    /** A duplex leg is open. */
    handleOpened(leg: number): void;
    /** A packet has come down a leg. One that is none ends the session, with a reason to show. */
    handlePacket(now: number, leg: number, packet: Packet): void;
    /** A leg that was open for one answer has given it. */
    handleEnd(now: number, leg: number): void;
    /** A POST is answered, with an error unless it was taken. There is no text where it could not be sent at all. */
    handlePosted(now: number, _upload: number, error?: TransportError, _text?: string): void;
    /** A leg is lost. */
    handleLost(now: number, leg: number, reason: string, error: TransportError): void;
    /** What was due, or may have been due while nobody looked. A call too many is harmless. */
    handleTimeout(now: number): void;
    /** The page, or its network, is back. */
    handleWake(now: number): void;
    /** Throws where the server would not take packets, and where too much waits already. */
    admit(packets: Packet[]): void;
    /** Sends packets up. A session that is over, or about to be, takes none. */
    send(now: number, packets: Packet[]): void;
    /** Ends the session when all is sent. */
    close(now: number): void;
    /** Ends the session at once, since the page goes. The server is told what it would not notice. */
    leave(_now: number): void;
}

/** What a leg tells. Nothing more is told once it has ended, was lost or closed. */
interface LegEvents {
    /** It can carry packets up. */
    opened(): void;
    packet(packet: Packet): void;
    /** All that it was opened for has come. */
    ended(): void;
    lost(reason: string, error: TransportError): void;
}
/** One attachment of a session to a transport. */
interface Leg {
    /** Only a duplex leg has it. */
    send?(packets: Packet[]): void;
    close(): void;
}
/** Where a transport finds the server, and how it asks. */
interface Link {
    /** The address, with its whole query. */
    url: string;
    options: RequestOptions;
    /** What a POST is answered with when it was taken. */
    taken: RegExp;
}
/** A way to carry packets. */
interface Transport extends Kind {
    /** Whether it can run here. A test by use: old engines have names without what they stand for. */
    isSupported(options: RequestOptions): boolean;
    open(link: Link, events: LegEvents): Leg;
    /**
     * Where legs carry nothing up. Gives the function that breaks it off. `done` is given what it was
     * answered with, and an error unless it was taken; an error alone says that it can not be sent at all.
     */
    post?(link: Link, packets: Packet[], done: (error?: TransportError, answer?: string) => void): () => void;
    /** Sends packets from a page that is about to go. */
    farewell?(link: Link, packets: Packet[]): void;
}

/** What a query consists of. */
interface Query {
    [key: string]: any;
}
/** Options of the engine: how sessions are carried. */
interface EngineOptions extends RequestOptions {
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
interface ManagerOptions extends EngineOptions {
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
interface Settings {
    reconnection: boolean;
    reconnectionAttempts: number;
    reconnectionDelay: number;
    reconnectionDelayMax: number;
    randomizationFactor: number | undefined;
    timeout: number | false;
}
/** Each setting as a method: without a value it gives what is set, with one it sets it. */
type Accessors<Owner> = {
    [Name in keyof Settings]: {
        (): Settings[Name];
        (value: Settings[Name]): Owner;
    };
};
/** What is given to the server when a namespace is joined. */
type Auth = {
    [key: string]: any;
} | ((give: (auth: object) => void) => void);
/** Options of a socket. */
interface SocketOptions {
    /** Credentials, or a function that is asked for them at each connect. */
    auth?: Auth;
    /** How often an event is sent again that was not acknowledged; makes events wait for each other. */
    retries?: number;
    /** Milliseconds to wait for each ack. Default: for as long as the socket is connected. */
    ackTimeout?: number;
}
/** Options of `io`. */
interface Options extends ManagerOptions, SocketOptions {
    /** Whether to use a connection of its own. Default false. */
    forceNew?: boolean;
    /** Whether namespaces of a server share a connection. Default true. */
    multiplex?: boolean;
}

/** What is told of a session that goes on. */
interface Resumed {
    /** Messages that go up now: again, or for the first time. */
    sent: number;
    /** Messages that had come before, in all; those behind them come now. */
    received: number;
}

/** Events of a session that outlives its legs. */
interface EngineEvents {
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
declare class Engine extends Emitter<DefaultEventsMap, EngineEvents> implements Port {
    /** The session's name, once the server has given it. */
    id?: string;
    /** The transport in use. */
    transport: Transport;
    readyState: Session["state"];
    constructor(_address: Address, _options: EngineOptions, _known: Transport[], _settings: Settings);
    /** Sends a message. Throws where it is too large, or too much waits, or U+001E is in it. */
    send(data: Packet): this;
    /** Ends the session when all is sent. */
    close(): this;
    openLeg(leg: number, kind: Kind, sid?: string, numbers?: Numbers): void;
    write(leg: number, packets: Packet[]): void;
    post(upload: number, packets: Packet[], numbers?: Numbers): void;
    breakPost(upload: number): void;
    postLast(packets: Packet[], numbers?: Numbers): void;
    opened(session: Session, open: any): Session;
    endLeg(leg: number): void;
    tell(event: string, about?: any, error?: TransportError): void;
}

/** Why a socket is no longer connected. */
type DisconnectReason = "io server disconnect" | "io client disconnect" | "ping timeout" | "transport close" | "transport error" | "parse error" | "forced close" | "session gone";
/** A manager, as its sockets and their applications see it. */
interface Connection extends Emitter, Accessors<Connection> {
    engine: Engine;
    opts: ManagerOptions;
    nsps: {
        [nsp: string]: Socket;
    };
    open(done?: (error?: Error) => void): Connection;
    connect(done?: (error?: Error) => void): Connection;
    disconnect(): void;
    socket(nsp: string, options?: SocketOptions): Socket;
}
/** What is known about it besides. */
type DisconnectDescription = Error | {
    description: string;
    context?: unknown;
};
/** Events of the library's own. */
interface SocketReservedEvents {
    connect: () => void;
    connect_error: (error: Error & {
        data?: any;
        description?: any;
        context?: any;
    }) => void;
    disconnect: (reason: DisconnectReason, details?: DisconnectDescription) => void;
}
/** What is heard of any event. */
type AnyListener = (event: string, ...args: any[]) => void;
/** An event that is not sent yet. */
interface Unsent {
    id?: number;
    data: any[];
}
/** A namespace of a server, as the application sees it. */
declare class Socket<Listen extends EventsMap = DefaultEventsMap, Emit extends EventsMap = Listen> extends Emitter<Listen, SocketReservedEvents> {
    /** Its connection. */
    io: Connection;
    /** Its namespace. */
    nsp: string;
    /** Whether the server has let it in, and nothing has ended that. */
    connected: boolean;
    /** Its public name, while it is connected. */
    id?: string;
    /** Whether what was lost went on with nothing missing: the connection, or before the last connect another. */
    recovered: boolean;
    /** See `SocketOptions.auth`; what is set here counts at the next connect. */
    auth?: Auth;
    /** Events that came before the connect was confirmed. */
    receiveBuffer: any[][];
    /** Events that wait for a connect. */
    sendBuffer: Unsent[];
    constructor(
    /** Its connection. */
    io: Connection, 
    /** Its namespace. */
    nsp: string, _options?: SocketOptions);
    get disconnected(): boolean;
    /** Whether it is connected, or will be as soon as the server can be reached. */
    get active(): boolean;
    /** Marks the next event as one that is dropped if it can not leave at once. */
    get volatile(): this;
    /** Takes what Socket.IO's client takes. Whether messages are compressed is up to the transport. */
    compress(_value: boolean): this;
    /** Gives the next event's ack an error if no answer comes within `milliseconds`. */
    timeout(milliseconds: number): Socket<Listen, Timed<Emit>>;
    /** Joins the namespace, and connects to the server if that is not done yet. */
    connect(): this;
    /** As `connect`. */
    open(): this;
    /** Leaves the namespace; the last socket of a connection ends it. */
    disconnect(): this;
    /** As `disconnect`. */
    close(): this;
    /** Emits the event `message`. */
    send(...args: any[]): this;
    /**
     * Sends an event. A function as the last argument is called with the answer.
     *
     * Throws for names that have a meaning of their own, for data that JSON does not know, such as cycles,
     * and while it is connected for an event that is larger than the server takes, or for which there is no
     * room in `maxBuffer`.
     */
    emit<Name extends EventNames<Emit>>(event: Name, ...args: EventArgs<Emit, Name>): this;
    /** Sends an event and gives a promise of the answer, which is broken by a timeout or a disconnect. */
    emitWithAck<Name extends EventNames<Emit>>(event: Name, ...args: ArgsWithoutAck<Emit, Name>): Promise<AckOf<Emit, Name>>;
    /** Hears every event that comes, before its own listeners do. */
    onAny(listener: AnyListener): this;
    /** As `onAny`, before the others. */
    prependAny(listener: AnyListener): this;
    /** Forgets one of `onAny`, or all. */
    offAny(listener?: AnyListener): this;
    listenersAny(): AnyListener[];
    /** Hears every event that leaves. */
    onAnyOutgoing(listener: AnyListener): this;
    /** As `onAnyOutgoing`, before the others. */
    prependAnyOutgoing(listener: AnyListener): this;
    /** Forgets one of `onAnyOutgoing`, or all. */
    offAnyOutgoing(listener?: AnyListener): this;
    listenersAnyOutgoing(): AnyListener[];
}

type Opened = (error?: Error) => void;
/**
 * A connection to a server, shared by the sockets of all its namespaces, and made again when it is lost.
 *
 * Events: `open`, `close`, `error`, `ping`, `reconnect_attempt`, `reconnect`, `reconnect_error`,
 * `reconnect_failed`.
 */
declare class Manager$1 extends Emitter implements Connection {
    /** The connection of the moment. */
    engine: Engine;
    /** The sockets, by namespace. */
    nsps: {
        [nsp: string]: Socket;
    };
    opts: ManagerOptions;
    uri?: string;
    constructor(uri?: string | ManagerOptions, options?: ManagerOptions, _known?: Transport[] | undefined);
    /** Connects, if it is not connected or about to be. `done` hears once how that went. */
    open(done?: Opened): this;
    /** As `open`. */
    connect(done?: Opened): this;
    /** The socket of a namespace. */
    socket(nsp: string, options?: SocketOptions): Socket;
    /** Ends the connection, and makes none again until it is asked to. */
    disconnect(): void;
}
interface Manager$1 extends Accessors<Manager$1> {
}

/** Connects to a namespace. */
interface Io {
    /**
     * The socket of the namespace that the address ends with, over a connection that it shares with
     * other namespaces of the same server. Without an address: the main namespace of the page's own server.
     */
    (uri?: string | Options, options?: Options): Socket;
}
/**
 * Makes an `io` that has these transports and no others, so that a bundler can leave those out:
 * `const io = client([webSocket])`.
 */
declare function client(transports: Transport[], Manager?: ManagerConstructor): Io;
/** What makes managers. */
interface ManagerConstructor {
    new <_Listen extends EventsMap = DefaultEventsMap, _Emit extends EventsMap = _Listen>(uri?: string | ManagerOptions, options?: ManagerOptions): Manager$1;
    readonly prototype: Manager$1;
}

/** A leg is a GET, which the server answers when it has something; packets go up by POST. */
declare const polling: Transport;

/** A leg is a WebSocket, which carries a packet a message. */
declare const webSocket: Transport;

/** A connection to a server, over the best of all transports. */
declare const Manager: ManagerConstructor;
type Manager<_Listen = unknown, _Emit = unknown> = Manager$1;
/** Connects to a namespace, over the best of all transports. */
declare const io: Io;
/** The version of Socket.IO's protocol that is spoken. */
declare const protocol = 5;

export { Manager, Socket, client, io as connect, io as default, io, polling, protocol, webSocket };
export type { Emitter, Engine, Auth, Clock, DefaultEventsMap, DisconnectDescription, DisconnectReason, EngineEvents, EngineOptions, EventsMap, Io, ManagerOptions, Options, Resumed, SocketOptions, Transport, TransportError };

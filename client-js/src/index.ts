import { client, managerOf } from "./client";
import type { Manager as ManagerInstance } from "./manager";
import { transports } from "./transport/list";

/** A connection to a server, over the best of all transports. */
export const Manager = /* @__PURE__ */ managerOf(transports);
export type Manager<_Listen = unknown, _Emit = unknown> = ManagerInstance;

/** Connects to a namespace, over the best of all transports. */
export const io = /* @__PURE__ */ client(transports, Manager);

/** The version of Socket.IO's protocol that is spoken. */
export const protocol = 5;

export { io as connect, io as default };
export { client, type Io } from "./client";
export type { Clock } from "./clock";
export type { Emitter } from "./emitter";
export type { Engine, EngineEvents } from "./engine";
export type { TransportError } from "./error";
export type { Auth, EngineOptions, ManagerOptions, Options, SocketOptions } from "./options";
export type { Resumed } from "./resume";
export { Socket, type DisconnectDescription, type DisconnectReason } from "./socket";
export { polling } from "./transport/polling";
export type { Transport } from "./transport/transport";
export type { DefaultEventsMap, EventsMap } from "./types";
export { webSocket } from "./transport/web-socket";

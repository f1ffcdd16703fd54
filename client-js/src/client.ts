import { parseAddress } from "./address";
import { Manager as BareManager } from "./manager";
import type { ManagerOptions, Options } from "./options";
import type { Socket } from "./socket";
import type { Transport } from "./transport/transport";
import type { DefaultEventsMap, EventsMap } from "./types";

/** Connects to a namespace. */
export interface Io {
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
export function client(transports: Transport[], Manager = managerOf(transports)): Io {
  const managers: { [server: string]: BareManager } = {};
  return (uri, options) => {
    if (uri && typeof uri === "object") {
      options = uri;
      uri = undefined;
    }
    const { origin, path, query } = parseAddress(uri as string | undefined);
    const all: Options = {};
    for (const key in options) (all as any)[key] = (options as any)[key];
    // Of the two places for a query, the options are the more explicit.
    if (!all.query) all.query = query;
    const server = origin + (all.path || "/socket.io");
    let manager = managers[server];
    if (all.forceNew || all.multiplex === false || (manager && Object.prototype.hasOwnProperty.call(manager.nsps, path))) {
      manager = new Manager(origin, all);
    } else if (!manager) {
      manager = managers[server] = new Manager(origin, all);
    }
    return manager.socket(path, all);
  };
}

/** What makes managers. */
export interface ManagerConstructor {
  new <_Listen extends EventsMap = DefaultEventsMap, _Emit extends EventsMap = _Listen>(
    uri?: string | ManagerOptions,
    options?: ManagerOptions,
  ): BareManager;
  readonly prototype: BareManager;
}

/** The constructor of managers that have these transports, when none are named. */
export function managerOf(transports: Transport[]): ManagerConstructor {
  return class extends BareManager {
    constructor(uri?: string | ManagerOptions, options?: ManagerOptions) {
      super(uri, options, transports);
    }
  };
}

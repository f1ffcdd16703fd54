// The same scenario with Socket.IO's client and with ours: one sees what the application hears and
// what goes out over a WebSocket, in order.
import { Transport } from "engine.io-client";
import { Manager as StockManager } from "socket.io-client";
import { io } from "./library.js";
import { FakeClock } from "./clock.js";
import { handshake } from "./connect.js";
import { FakeNetwork } from "./network.js";
import { toVector } from "./vectors.js";

/** Until all that was put off is done: theirs hands out packets a moment later. */
const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A transport of theirs that goes nowhere. */
function stockTransport(connections) {
  return class extends Transport {
    name = "websocket";
    supportsBinary = true;

    doOpen() {
      const connection = {
        written: [],
        open: () => this.onOpen(),
        down: (packet) => this.onData(packet),
        lose: () => this.onClose({ description: "lost" }),
      };
      this.written = connection.written;
      connections.push(connection);
    }

    write(packets) {
      this.writable = false;
      for (const { type, data } of packets) {
        const digit = { close: "1", pong: "3", message: "4" }[type];
        this.written.push(typeof data === "string" || data === undefined ? digit + (data ?? "") : data);
      }
      setImmediate(() => {
        this.writable = true;
        this.emitReserved("drain");
      });
    }

    doClose() {}
  };
}

const LIBRARIES = {
  theirs(options) {
    const connections = [];
    const manager = new StockManager("http://server.test", { ...options, transports: [stockTransport(connections)] });
    return { manager, last: () => connections.at(-1) };
  },

  ours(options) {
    const network = new FakeNetwork();
    const clock = new FakeClock();
    const manager = new io.Manager("http://server.test", { ...options, clock, transports: [network.webSocket] });
    const last = () => {
      const leg = network.leg();
      return {
        written: leg.written,
        open: () => leg.open(),
        down: (packet) => leg.packet(packet),
        lose: () => leg.lose("transport close"),
      };
    };
    return { manager, last };
  },
};

/** What a scenario comes to with each library. */
export async function compare(scenario) {
  const found = {};
  for (const [name, library] of Object.entries(LIBRARIES)) {
    const { manager, last } = library({ reconnection: false, autoConnect: false, timeout: false });
    const log = [];
    const take = () =>
      last()
        ?.written.splice(0)
        .filter((packet) => packet !== "1")
        .forEach((packet) => log.push({ sent: toVector(packet) }));
    const server = {
      async accept(...packets) {
        last().open();
        last().down(handshake());
        await server.send(...packets);
      },
      async send(...packets) {
        for (const packet of packets) {
          last().down(packet);
          await settle();
        }
        take();
      },
      async lose() {
        last().lose();
        await settle();
      },
      /** Lets what the application did go out. */
      async settle() {
        await settle();
        take();
      },
    };
    await scenario({
      manager,
      server,
      hear: (socket, ...events) => hear(log, socket, events),
      note: (what) => log.push({ note: toVector(what) }),
    });
    await server.settle();
    found[name] = log.splice(0);
    for (const nsp of Object.keys(manager.nsps)) manager.nsps[nsp].disconnect();
  }
  return found;
}

/** Notes events of a socket; of errors what they say, and of functions only that. */
function hear(log, socket, events) {
  const said = (value) => {
    if (value instanceof Error) return `Error: ${value.message}`;
    return typeof value === "function" ? "function" : toVector(value);
  };
  for (const event of events) {
    socket.on(event, (...args) => {
      // Why a connection was lost is told in other words.
      const kept = event === "disconnect" ? args.slice(0, 1) : args;
      log.push({ nsp: socket.nsp, event, args: kept.map(said), connected: socket.connected, active: socket.active });
    });
  }
}

// A proxy that passes bytes on and breaks one TCP connection when so many have gone one way, counted over
// all connections that it ever had.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { reset } from "./reset.js";

const BREAKS = { fin: (socket) => socket.end(), reset };

// How a connection may be broken.
export const ways = Object.keys(BREAKS);

export class CuttingProxy {
  url;
  // How many bytes it has passed on.
  bytes = { up: 0, down: 0 };
  // Whether the cut was made.
  hasCut = false;
  #target;
  #cut;
  #listener;
  #sockets = new Set();

  // The cut is `{ direction, at, way }`: behind the byte `at` that goes up or down; 0 lets none pass.
  static async before(server, cut = null) {
    const proxy = new CuttingProxy();
    proxy.#target = new URL(server.url);
    proxy.#cut = cut;
    proxy.#listener = createServer({ noDelay: true }, (client) => proxy.#accept(client)).listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    proxy.url = `http://127.0.0.1:${proxy.#listener.address().port}`;
    return proxy;
  }

  // Breaks what is left.
  stop() {
    this.#listener.close();
    for (const socket of this.#sockets) reset(socket);
  }

  #accept(client) {
    const { hostname, port } = this.#target;
    const server = connect({ host: hostname, port, noDelay: true });
    const pair = { client, server, isBroken: false };
    this.#join(pair, client, server, "up");
    this.#join(pair, server, client, "down");
  }

  #join(pair, from, to, direction) {
    this.#sockets.add(from);
    from.on("data", (chunk) => this.#pass(pair, from, to, direction, chunk));
    from.on("end", () => to.end());
    from.on("error", () => reset(to));
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  #pass(pair, from, to, direction, chunk) {
    if (pair.isBroken) return;
    const { bytes } = this;
    const left = this.#cut && !this.hasCut && this.#cut.direction === direction ? this.#cut.at - bytes[direction] : Infinity;
    const passed = chunk.subarray(0, left);
    bytes[direction] += passed.length;
    if (left <= chunk.length) {
      // Nothing else goes by, in either direction; what did has to leave before it.
      pair.isBroken = this.hasCut = true;
      to.write(passed, () => this.#break(pair));
    } else if (!to.write(passed)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  }

  #break(pair) {
    BREAKS[this.#cut.way](pair.client);
    BREAKS[this.#cut.way](pair.server);
  }
}

// A TCP relay in front of the server that can cut, freeze and hold connections.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Proxy {
  #links = new Set();
  #held = null;
  #frozen = false;
  #listening = null;

  /** Listens on a free port and relays to `target`, an http address. */
  static async before(target) {
    const proxy = new Proxy();
    const { hostname, port } = new URL(target);
    proxy.server = createServer({ allowHalfOpen: true }, (client) => {
      proxy.#relay(client, { host: hostname, port: Number(port) });
    });
    proxy.server.listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  /**
   * Ends every connection, as a lost network does, and lets new ones through.
   *
   * Waits for a WebSocket or a parked poll: between two polls the loss would go unnoticed.
   */
  async cut() {
    const listens = () => [...this.#links].some((link) => link.listening);
    while (!this.#frozen && !listens()) await new Promise((resolve) => (this.#listening = resolve));
    this.#destroy();
  }

  /** Lets nothing through, not even the end of a connection, until `cut`. */
  freeze() {
    this.#frozen = true;
    for (const link of this.#links) link.freeze();
  }

  /** Keeps new WebSockets waiting until `release`. */
  hold() {
    this.#held = [];
  }

  release() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const go of held) go();
  }

  close() {
    this.server.close();
    this.#destroy();
  }

  #destroy() {
    this.#frozen = false;
    for (const link of this.#links) link.destroy();
  }

  #relay(client, address) {
    const link = new Link(client, {
      listens: () => this.#listening?.(),
      gone: () => this.#links.delete(link),
    });
    this.#links.add(link);
    if (this.#frozen) link.freeze();
    client.once("data", (head) => {
      client.pause();
      const go = () => link.join(connect({ ...address, allowHalfOpen: true }), head);
      if (this.#held && head.includes("transport=websocket")) this.#held.push(go);
      else go();
    });
  }
}

/** One connection through the relay. */
class Link {
  /** Whether the server has something open on it to speak through. */
  listening = false;
  #ends;
  #frozen = false;

  constructor(client, { listens, gone }) {
    this.client = client;
    this.listens = listens;
    this.gone = gone;
    this.#ends = [client];
    client.setNoDelay(true);
    client.on("error", () => this.destroy());
    client.on("close", () => this.#closed());
  }

  join(server, head) {
    if (this.client.destroyed) return server.destroy();
    this.#ends.push(server);
    server.setNoDelay(true);
    server.on("error", () => this.#closed());
    server.on("close", () => this.#closed());
    server.on("data", () => (this.listening &&= this.webSocket));
    this.client.on("data", (chunk) => this.#asked(chunk));
    server.write(head);
    this.#asked(head);
    this.client.pipe(server);
    server.pipe(this.client);
    if (this.#frozen) this.freeze();
  }

  freeze() {
    this.#frozen = true;
    for (const end of this.#ends) {
      end.unpipe();
      end.pause();
    }
  }

  destroy() {
    this.#frozen = false;
    this.#closed();
  }

  #asked(chunk) {
    const request = chunk.toString("latin1", 0, 1_000);
    if (!request.startsWith("GET ")) return;
    this.webSocket = request.includes("transport=websocket");
    this.listening = true;
    this.listens();
  }

  #closed() {
    if (this.#frozen) return;
    for (const end of this.#ends) end.destroy();
    this.gone();
  }
}

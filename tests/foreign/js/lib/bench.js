// What one test works with: sockets of one client in one mode, and names nobody else uses.

import { randomUUID } from "node:crypto";
import { Peer } from "./peer.js";
import { Proxy } from "./proxy.js";
import { within } from "./within.js";

export class Bench {
  #closing = [];

  constructor({ io, mode, transports, base }) {
    this.io = io;
    this.mode = mode;
    this.transports = transports;
    this.base = base;
  }

  /** A socket that has not been connected yet; `options` are the client's own. */
  peer({ namespace = "/", path = "/relaxed/", base = this.base, auth, ...options } = {}) {
    const socket = this.io(base + namespace, {
      path,
      auth,
      transports: this.transports,
      autoConnect: false,
      forceNew: true,
      reconnection: false,
      reconnectionDelay: 20,
      randomizationFactor: 0,
      ...options,
    });
    this.#closing.push(() => {
      socket.io.reconnection(false);
      socket.io.engine?.close();
      socket.disconnect();
    });
    return new Peer(socket);
  }

  /** A socket that is connected; in the upgrade mode the upgrade may still be going on. */
  async open(options) {
    const peer = this.peer(options);
    peer.socket.connect();
    await peer.next("connect");
    return peer;
  }

  /** Several sockets, each over a session of its own. */
  openAll(count, options) {
    return Promise.all(Array.from({ length: count }, () => this.open(options)));
  }

  /** A relay in front of the server that can cut, freeze and hold. */
  async proxy() {
    const proxy = await Proxy.before(this.base);
    this.#closing.push(() => proxy.close());
    return proxy;
  }

  /** A name that no other test run against this server uses. */
  unique(stem) {
    return `${stem}-${randomUUID()}`;
  }

  /** Why the socket that tracked `label` disconnected, asked until the server knows. */
  async reasonOf(label) {
    const witness = await this.open({ path: "/recovery/" });
    const known = async () => {
      for (;;) {
        const [reason] = await witness.ask("reason-of", label);
        if (reason !== null) return reason;
      }
    };
    return within(known(), `reason of ${label}`);
  }

  close() {
    for (const close of this.#closing.reverse()) close();
  }
}

// One client socket, with everything that reached it kept in order.

import { once, within } from "./within.js";

export class Peer {
  /** Every event that arrived, as `[name, ...args]`, acknowledgement functions included. */
  received = [];
  #taken = new Map();
  #waiting = [];

  constructor(socket) {
    this.socket = socket;
    socket.onAny((...event) => this.#arrive(event));
    for (const name of ["connect", "disconnect", "connect_error"]) {
      socket.on(name, (...args) => this.#arrive([name, ...args]));
    }
  }

  get engine() {
    return this.socket.io.engine;
  }

  /** The arguments of the first `name` that no earlier call has taken. */
  next(name) {
    const nth = this.#taken.get(name) ?? 0;
    this.#taken.set(name, nth + 1);
    return within(
      new Promise((resolve) => {
        const look = () => {
          const found = this.all(name)[nth];
          if (found) resolve(found);
          return Boolean(found);
        };
        if (!look()) this.#waiting.push(look);
      }),
      name,
    );
  }

  /** The arguments of every `name` so far, in order. */
  all(name) {
    return this.received.filter((event) => event[0] === name).map((event) => event.slice(1));
  }

  /** Calls `visit(index, ...args)` for each `name` until `count` have arrived. */
  each(name, count, visit) {
    let index = 0;
    return within(
      new Promise((resolve, reject) => {
        this.socket.on(name, (...args) => {
          try {
            visit(index, ...args);
          } catch (fault) {
            reject(fault);
          }
          index += 1;
          if (index === count) resolve();
        });
      }),
      `${count} ${name}`,
    );
  }

  emit(name, ...args) {
    this.socket.emit(name, ...args);
  }

  /** Emits and gives the arguments of the server's acknowledgement. */
  ask(name, ...args) {
    return within(
      new Promise((resolve) => this.socket.emit(name, ...args, (...answer) => resolve(answer))),
      `acknowledgement of ${name}`,
    );
  }

  /** Settles once the session travels by WebSocket. */
  async upgraded() {
    if (this.engine.transport.name !== "websocket") await once(this.engine, "upgrade");
  }

  /** Settles at the next ping, which 3.x clients announce only as a packet. */
  pinged() {
    return within(
      new Promise((resolve) => {
        const look = ({ type }) => {
          if (type !== "ping") return;
          this.engine.off("packet", look);
          resolve();
        };
        this.engine.on("packet", look);
      }),
      "ping",
    );
  }

  /** Another namespace over the same session. */
  async beside(namespace, auth) {
    const peer = new Peer(this.socket.io.socket(namespace, { auth }));
    peer.socket.connect();
    await peer.next("connect");
    return peer;
  }

  /** A namespace over the same session that refuses `auth`, and the error it gave. */
  async refusedBeside(namespace, auth) {
    const peer = new Peer(this.socket.io.socket(namespace, {}));
    peer.socket.auth = auth;
    peer.socket.connect();
    const [error] = await peer.next("connect_error");
    return { peer, error };
  }

  #arrive(event) {
    this.received.push(event);
    this.#waiting = this.#waiting.filter((look) => !look());
  }
}

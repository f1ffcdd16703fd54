// A client in Node beside those in pages, which hears from the server why they have gone.
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { load } from "./runtimes.js";

const LOOK_MS = 10;

export class Witness {
  #socket;

  static async beside(t, server, path = "/relaxed") {
    const witness = new Witness();
    const { io } = load("encke.cjs");
    const socket = (witness.#socket = io(server.url, { path, transports: ["websocket"], WebSocket, forceNew: true }));
    t.after(() => socket.disconnect());
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
    return witness;
  }

  // Until the server has asked this client so often whether it is there.
  async heartbeats(count) {
    for (let heard = 0; heard < count; heard++) await new Promise((resolve) => this.#socket.io.once("ping", resolve));
  }

  // Until the server knows; fails after `ms`.
  async reason(label, ms) {
    const begun = Date.now();
    for (;;) {
      const reason = await this.#socket.emitWithAck("reason-of", label);
      if (reason !== null) return reason;
      if (Date.now() - begun > ms) throw new Error(`the server has not noticed after ${ms} ms`);
      await pause(LOOK_MS);
    }
  }
}

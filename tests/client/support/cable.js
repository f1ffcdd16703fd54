// The way between a client and a server, which can be pulled, muted, and put back.
import { EventEmitter, once } from "node:events";
import { connect, createServer } from "node:net";
import { reset } from "./reset.js";

// Event: `refused`, a connection was tried and broken at once.
export class Cable extends EventEmitter {
  url;
  #state = "plugged";
  #target;
  #sockets = new Set();

  static async before(t, server) {
    const cable = new Cable();
    cable.#target = new URL(server.url);
    const listener = createServer((client) => cable.#accept(client)).listen(0, "127.0.0.1");
    await once(listener, "listening");
    cable.url = `http://127.0.0.1:${listener.address().port}`;
    t.after(() => {
      listener.close();
      cable.break();
    });
    return cable;
  }

  // Every connection is broken, and each that is tried.
  pull() {
    this.#state = "pulled";
    this.break();
  }

  // Nothing more passes, and nobody is told.
  mute() {
    this.#state = "mute";
    for (const socket of this.#sockets) socket.pause();
  }

  // What was muted comes late.
  plug() {
    this.#state = "plugged";
    for (const socket of this.#sockets) socket.resume();
  }

  // Breaks all connections: by an end, or by a reset.
  break(way = "reset") {
    for (const socket of this.#sockets) way === "fin" ? socket.end() : reset(socket);
  }

  // Until so many connections were refused from now on.
  async refuse(count) {
    for (let index = 0; index < count; index += 1) await once(this, "refused");
  }

  #accept(client) {
    if (this.#state === "pulled") {
      client.on("error", () => {});
      reset(client);
      this.emit("refused");
      return;
    }
    const server = connect(this.#target.port, this.#target.hostname);
    this.#join(client, server);
    this.#join(server, client);
  }

  #join(from, to) {
    this.#sockets.add(from);
    from.on("data", (chunk) => to.writable && to.write(chunk));
    from.on("end", () => to.end());
    from.on("error", () => reset(to));
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#state === "mute") from.pause();
  }
}

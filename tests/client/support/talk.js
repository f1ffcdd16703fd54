// A client that sends numbers and is sent them back, and what has happened to it.
import assert from "node:assert/strict";
import { WebSocket } from "ws";
import { TRANSPORTS } from "./conversation.js";

const STEP_MS = 30_000;
const SOCKET = ["connect", "disconnect", "connect_error", "message-back", "room-event"];
const ENGINE = ["upgrade", "detach", "resume", "close"];

export class Talk {
  socket;
  // The arguments of each event, by its name.
  heard = Object.fromEntries([...SOCKET, ...ENGINE].map((name) => [name, []]));
  // Packets of the engine that have come, as `{ type, data }`.
  packets = [];
  #said = 0;
  #looks = new Set();

  // Resolves when it is connected, over the transport that it ends up with.
  static async begin(t, io, url, mode, options) {
    const talk = new Talk();
    talk.socket = io(url, {
      path: "/relaxed",
      transports: TRANSPORTS[mode],
      WebSocket,
      forceNew: true,
      reconnectionDelay: 5,
      reconnectionDelayMax: 50,
      ...options,
    });
    t.after(() => talk.socket.io.disconnect());
    talk.#listen();
    await talk.until("connect", 1);
    if (mode === "upgrade") await talk.until("upgrade", 1);
    return talk;
  }

  get engine() {
    return this.socket.io.engine;
  }

  // Sends so many numbers more.
  say(count = 1) {
    for (let index = 0; index < count; index += 1) this.socket.emit("message", ++this.#said);
  }

  // Until all that was said has come back.
  async echoed() {
    await this.until("message-back", this.#said);
  }

  // Until an event has come so often; gives what came with it then.
  async until(name, count) {
    const timer = AbortSignal.timeout(STEP_MS);
    while (this.heard[name].length < count) {
      await new Promise((resolve, reject) => {
        this.#looks.add(resolve);
        timer.addEventListener("abort", () => reject(new Error(`"${name}" came ${this.heard[name].length} times and not ${count} within ${STEP_MS} ms`)), { once: true });
      });
    }
    return this.heard[name][count - 1];
  }

  // All came back, once and in order, on a connection that was never lost; of a room so many numbers.
  async isExact(fed = 0) {
    const { socket, heard } = this;
    await this.echoed();
    await this.until("room-event", fed);
    // What comes once too often comes before this.
    assert.equal(await socket.emitWithAck("message-with-ack", "end"), "end");
    const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1);
    assert.deepEqual(heard["message-back"].map(([number]) => number), numbers(this.#said));
    assert.deepEqual(heard["room-event"].map(([, number]) => number), numbers(fed));
    assert.deepEqual([heard.connect.length, heard.disconnect], [1, []]);
  }

  #listen() {
    const { socket, heard } = this;
    const note = (name, args) => {
      heard[name].push(args);
      for (const look of this.#looks) look();
      this.#looks.clear();
    };
    for (const name of SOCKET) socket.on(name, (...args) => note(name, args));
    const attend = () => {
      for (const name of ENGINE) this.engine.on(name, (...args) => note(name, args));
      this.engine.on("packet", (packet) => this.packets.push(packet));
    };
    attend();
    socket.io.on("reconnect_attempt", () => queueMicrotask(attend));
  }
}

// One run of a client against the conformance server: messages up and down, of every kind and each with a
// number, and whether all of them came, once and in order.
import assert from "node:assert/strict";
import { WebSocket } from "ws";

export const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
export const modes = Object.keys(TRANSPORTS);

// What goes up at once: at first, at the first answer, and when the transport is the last one. With what
// comes back they are 60 messages of the engine; an event with bytes is two.
const BATCHES = [8, 7, 6];
const TICKS = 4;
// A separator of payloads, and characters of several bytes.
const TEXT = "\x1e é €";
// Longer than any deadline that a client may have to wait for.
const RUN_MS = 30_000;

// Emits the event of this number, and gives what is to come back for it.
const KINDS = [
  (socket, number) => {
    socket.emit("message", number, TEXT);
    return [`message-back ${number} ${TEXT}`];
  },
  (socket, number) => {
    const bytes = Uint8Array.of(number, 0x1e, 0xff);
    socket.emit("message", number, bytes);
    return [`message-back ${number} ${hex(bytes)}`];
  },
  (socket, number, log) => {
    socket.emit("message-with-ack", number, (...answer) => log.add("ack", answer));
    return [`ack ${number}`];
  },
];

export class Conversation {
  #log = new Log();
  #expected = ["auth [object Object]"];
  #number = 0;
  #socket;
  #engine;
  // The engine's messages, of which the application sees no repetition of an ack.
  #messages = 0;
  #isSettled;
  #closed;

  // Has one through `url`, and throws where it is not what it has to be. Of the options `rounds` says how
  // many batches more there are, each when all before it has come back; the others are the client's.
  static async hold(io, url, mode, { rounds = 0, ...options } = {}) {
    const conversation = new Conversation(io, url, mode, options);
    const story = [];
    conversation.#listen(story);
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not over after ${RUN_MS} ms`)), RUN_MS);
    });
    try {
      await Promise.race([conversation.#run(rounds), late]);
    } catch (error) {
      error.message += `\n${story.join("\n")}\nreceived: ${conversation.#log.entries.join("; ")}`;
      throw error;
    } finally {
      clearTimeout(timer);
      conversation.#socket.io.disconnect();
    }
  }

  constructor(io, url, mode, options) {
    this.#socket = io(url, {
      path: "/relaxed",
      transports: TRANSPORTS[mode],
      WebSocket,
      forceNew: true,
      reconnectionDelay: 1,
      reconnectionDelayMax: 20,
      ...options,
    });
    this.mode = mode;
  }

  #listen(story) {
    const socket = this.#socket;
    const begun = performance.now();
    const tell = (what) => story.push(`${Math.round(performance.now() - begun)} ms: ${what}`);
    socket.onAny((name, ...args) => this.#log.add(name, args));
    for (const name of ["connect", "disconnect", "connect_error"]) {
      socket.on(name, (about) => {
        this[name] = (this[name] ?? 0) + 1;
        tell(`${name} ${about?.message ?? about ?? ""}`);
        if (name === "disconnect") this.#log.fail(new Error(`disconnected: ${about}`));
      });
    }
    socket.io.on("open", () => {
      const engine = (this.#engine = socket.io.engine);
      this.#messages = 0;
      engine.on("message", () => (this.#messages += 1));
      // A handshake that failed by the first transport was made by the other.
      const isLast = engine.transport.name === TRANSPORTS[this.mode].at(-1);
      this.#isSettled = isLast || new Promise((resolve) => engine.once("upgrade", resolve).once("upgradeError", resolve));
      this.#closed = new Promise((resolve) => engine.once("close", resolve));
      for (const name of ["upgrade", "upgradeError", "detach", "resume", "close"]) {
        engine.on(name, (about, error) => tell(`${name} ${error?.message ?? about?.message ?? about?.name ?? JSON.stringify(about)}`));
      }
    });
  }

  async #run(rounds) {
    const log = this.#log;
    await log.until(1);
    this.#emit(BATCHES[0]);
    await log.until(2);
    this.#emit(BATCHES[1]);
    await this.#isSettled;
    await log.until(this.#expected.length - 1);
    this.#emit(BATCHES[2]);
    for (let round = 0; round < rounds; round += 1) {
      await log.until(this.#expected.length);
      this.#emit(BATCHES[2]);
    }
    // What comes once too often comes before this.
    this.#socket.emit("message-with-ack", "end", (...answer) => log.add("ack", answer));
    this.#expected.push("ack end");
    await log.until(this.#expected.length, "ack end");
    assert.deepEqual(log.entries, this.#expected);
    const bytes = log.entries.filter((entry) => entry.endsWith("1eff")).length;
    // Besides there is the CONNECT.
    assert.equal(this.#messages, 1 + log.entries.length + bytes, "messages of the engine");
    assert.equal(this.connect, 1, "connects");
    // Its own disconnect is none that is to be heard of.
    this.#socket.off("disconnect");
    this.#socket.disconnect();
    assert.equal(await this.#closed, "forced close");
  }

  #emit(count) {
    for (let index = 0; index < count; index += 1) {
      this.#number += 1;
      this.#expected.push(...KINDS[this.#number % KINDS.length](this.#socket, this.#number, this.#log));
    }
    if (this.#number !== BATCHES[0] + BATCHES[1]) return;
    this.#socket.emit("burst", TICKS);
    for (let tick = 0; tick < TICKS; tick += 1) this.#expected.push(`tick ${tick}`);
  }
}

// What has come, in order.
class Log {
  entries = [];
  #failure = null;
  #look = () => {};

  add(name, args) {
    this.entries.push([name, ...args.map(show)].join(" "));
    this.#look();
  }

  fail(error) {
    this.#failure = error;
    this.#look();
  }

  // Until there are so many, or this one.
  async until(count, last) {
    while (this.entries.length < count && !(last && this.entries.at(-1) === last)) {
      if (this.#failure) throw this.#failure;
      await new Promise((resolve) => (this.#look = resolve));
    }
    if (this.#failure) throw this.#failure;
  }
}

// Bytes have the classes of the realm that the client runs in.
function show(value) {
  return value?.byteLength === undefined ? String(value) : hex(value);
}

function hex(bytes) {
  return Buffer.from(bytes.buffer ?? bytes).toString("hex");
}

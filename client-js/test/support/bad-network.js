// A network between a client and a ResumeServer that loses, delays, repeats and cuts, as its random
// numbers have it, until it is told to `heal`.
import { failure } from "./network.js";
import { ResumeServer } from "./resume-server.js";

/** The same numbers for the same seed: mulberry32. */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export class BadNetwork {
  faults = [];
  /** What happened, for the one who looks at a seed that fails. */
  log = [];
  #clock;
  #random;
  #badness;
  #server;
  #isHealed = false;
  #posts = 0;

  constructor(clock, random) {
    this.#clock = clock;
    this.#random = random;
    this.#badness = random() * 0.6;
    this.#server = new ResumeServer(clock);
    this.polling = this.#makePolling();
    this.webSocket = this.#makeWebSocket();
  }

  get server() {
    return this.#server;
  }

  heal() {
    this.#isHealed = true;
  }

  /** Something may happen now. */
  #may(part = 1) {
    return !this.#isHealed && this.#random() < this.#badness * part;
  }

  #later(call, most = 200) {
    this.#clock.set(call, this.#isHealed ? 1 : 1 + this.#random() ** 3 * most);
  }

  #note(...what) {
    this.log.push(`${this.#clock.now().toFixed(0)} ${what.join(" ")}`);
  }

  #makePolling() {
    return {
      name: "polling",
      duplex: false,
      isSupported: () => true,
      open: (link, events) => this.#get(new URL(link.url).searchParams, events),
      post: (link, packets, done) => this.#post(new URL(link.url).searchParams, packets, done),
    };
  }

  /** A GET: what it asks for may not arrive, its answer neither, and it may arrive a second time. */
  #get(query, events) {
    let isClosed = false;
    const number = Number(query.get("leg"));
    const tell = (call) =>
      this.#later(() => {
        if (!isClosed) call();
      });
    const lose = () => {
      this.#note("GET", number, "lost");
      if (this.#random() < 0.7) tell(() => events.lost("transport error", failure("lost")));
    };
    if (query.get("sid") === null) {
      tell(() => {
        events.packet(this.#server.open(["polling", "websocket"]));
        events.ended();
      });
      return { close() {} };
    }
    const answer = (packets) => {
      this.#note("GET", number, "answered", packets);
      if (this.#may(0.5)) lose();
      else
        tell(() => {
          for (const packet of packets) if (!isClosed) events.packet(packet);
          if (!isClosed) events.ended();
        });
    };
    const ask = (write) => {
      const channel = { isDuplex: false, mayWait: query.get("wait") !== "0", write, end: () => {} };
      this.#server.attach(number, Number(query.get("recv")), channel);
    };
    if (this.#may(0.5)) lose();
    else this.#later(() => ask(answer));
    if (this.#may(0.3)) this.#later(() => ask(() => {}), 5000);
    const close = () => {
      isClosed = true;
      if (!this.#may()) this.#later(() => this.#server.detach(number));
    };
    return { close };
  }

  #post(query, packets, done) {
    const recv = Number(query.get("recv"));
    const seq = query.has("seq") ? Number(query.get("seq")) : undefined;
    let isOver = false;
    if (seq !== undefined && this.#posts++) this.faults.push("a second POST of messages");
    const finish = (...result) => {
      if (isOver) return;
      isOver = true;
      if (seq !== undefined) this.#posts--;
      if (result.length > 0) done(...result);
    };
    const lose = () => {
      this.#note("POST", seq, packets, "lost");
      if (this.#random() < 0.7) this.#later(() => finish(failure("lost"), ""));
    };
    const arrive = () => this.#server.handlePost(recv, seq, packets);
    if (this.#may(0.5)) {
      lose();
    } else if (this.#may(0.1)) {
      this.#later(() => finish(failure("not a 7"), "<html>"));
    } else {
      this.#later(() => {
        const [status, text] = arrive();
        this.#note("POST", seq, packets, "answered", status, text);
        if (this.#may(0.5)) lose();
        else this.#later(() => finish(status === 200 ? undefined : failure(`HTTP ${status}`), text));
      });
    }
    // Not behind the end of a session, which a server without it could not tell from another's.
    if (this.#may(0.3)) this.#later(arrive, 3000);
    return () => finish();
  }

  #makeWebSocket() {
    return {
      name: "websocket",
      duplex: true,
      isSupported: () => true,
      open: (link, events) => this.#connect(new URL(link.url).searchParams, events),
    };
  }

  /** A WebSocket: packets keep their order, until it is cut, or goes silent. */
  #connect(query, events) {
    let number = query.has("leg") ? Number(query.get("leg")) : undefined;
    const times = { up: 0, down: 0 };
    let isDead = false;
    let isClosed = false;
    const send = (way, call) => {
      const delay = this.#isHealed ? 1 : 1 + this.#random() ** 3 * 100;
      times[way] = Math.max(times[way], this.#clock.now() + delay);
      this.#clock.set(() => {
        if (!isDead) call();
      }, times[way] - this.#clock.now());
    };
    const lose = (code) => {
      const error = Object.assign(failure("lost"), { context: { code } });
      if (!isClosed) events.lost("transport close", error);
      isClosed = true;
    };
    const write = (packets) =>
      packets.forEach((packet) =>
        send("down", () => {
          this.#note("WS", number, "down", packet);
          if (!isClosed) events.packet(packet);
        }),
      );
    const channel = { isDuplex: true, write, end: () => send("down", () => lose(1000)) };
    const hear = (packet) => {
      this.#note("WS", number, "up", packet);
      const [, leg, recv] = /^5(\d+),(\d+)$/.exec(packet) ?? [];
      if (packet === "2probe") write(["3probe"]);
      else if (leg !== undefined) {
        number = Number(leg);
        this.#server.attach(number, Number(recv), channel);
      } else {
        this.#server.handlePacket(number, packet);
      }
    };
    const isFirst = query.get("sid") === null;
    if (!isFirst && this.#may(0.5)) {
      this.#note("WS", number, "refused");
      this.#later(() => lose(1006));
    } else {
      send("up", () =>
        send("down", () => {
          if (!isClosed) events.opened();
        }),
      );
      send("up", () => {
        if (number !== undefined) this.#server.attach(number, Number(query.get("recv")), channel);
        else if (isFirst) {
          number = 0;
          this.#server.begin(channel);
          write([this.#server.open(["polling", "websocket"])]);
        }
      });
      this.#cutLater(isFirst ? 1000 : 50, () => {
        isDead = true;
        this.#note("WS", number, "cut");
        if (this.#random() < 0.6) this.#later(() => lose(1006), 50);
        if (this.#random() < 0.6) this.#later(() => number !== undefined && this.#server.detach(number), 50);
      });
    }
    return {
      send: (packets) => packets.forEach((packet) => send("up", () => hear(packet))),
      close: () => {
        isClosed = true;
        send("up", () => {
          if (number !== undefined) this.#server.handleClosed(number);
        });
      },
    };
  }

  #cutLater(least, cut) {
    if (this.#random() > this.#badness + 0.3) return;
    this.#clock.set(() => {
      if (!this.#isHealed) cut();
    }, least + this.#random() ** 2 * 8000);
  }
}

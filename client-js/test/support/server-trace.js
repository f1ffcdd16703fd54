// Replays a trace of a server's session from the client's end: what the server puts on its legs comes
// down to a client, in the trace's order and at its times, and where the trace's client sends
// something, the application or the client itself has to do so here. The format of the traces is
// described in protocol/tests/session_traces.rs.
//
// Not all that a server has to bear is done by this client. A step that it would not take is a departure:
// behind some the trace goes on (what such a client sends is left out), behind others it can not.
import assert from "node:assert/strict";
import { handshake } from "./connect.js";
import { startSession } from "./session.js";
import { fromVector, toVector } from "./vectors.js";

const SEPARATOR = "\x1e";

/** What the server, its application or its network do by themselves. */
const OF_SERVER = ["send", "close", "abort", "accept", "refuse", "leave", "emit"];

/** Why a trace can not go on. */
class Stop extends Error {}

export class ServerTrace {
  /** What this client would not do, with the number of the step. */
  departures = [];
  isCutShort = false;
  /** Messages that came down. */
  #expected = [];
  /** The server's numbers of legs that were taken, and the bodies of polls so far. */
  #legs = new Map();
  #bodies = new Map();
  /** What the request of this step is refused by. */
  #refuse;
  #isClosed = false;
  /** WebSockets whose probe was answered. */
  #answered = new Set();
  #pings = 0;

  constructor(t, trace) {
    this.trace = trace;
    const isPolling = trace.opening === "polling";
    // How long a probe may last is the client's affair; here the server's times count.
    const transports = isPolling ? ["polling", "websocket"] : ["websocket"];
    Object.assign(this, startSession(t, { transports, timeout: false }));
    this.#legs.set(0, this.wire.legs[0]);
    if (!isPolling) this.wire.legs[0].open();
    if (trace.steps[0].input !== "handshake") this.#takePacket(0, this.#handshake(isPolling));
  }

  /** Goes through the steps, for as long as it can. */
  replay() {
    for (const [index, step] of this.trace.steps.entries()) {
      this.step = index;
      this.clock.advanceTo(step.at_ms);
      try {
        this.#refuse = undefined;
        this.#act(step);
        for (const output of step.outputs) this.#happen(output);
      } catch (error) {
        if (!(error instanceof Stop)) throw error;
        this.#depart(error.message);
        this.isCutShort = true;
        this.#assertMessages();
        return;
      }
    }
    this.#finish();
  }

  get #isOver() {
    return this.heard.at(-1)?.[0] === "close";
  }

  /** Packets that went up: by a leg, by POSTs, or by any way. */
  #up(leg) {
    const packets = [];
    for (const entry of this.wire.log) {
      if ("packet" in entry && (leg === undefined || entry.leg === leg.number)) packets.push(toVector(entry.packet));
      if ("post" in entry && leg === undefined) packets.push(...records(entry.post));
    }
    return packets;
  }

  #handshake(isPolling) {
    const { ping_interval, ping_timeout, max_payload, upgrades } = this.trace.config;
    return handshake({
      pingInterval: ping_interval ?? 25000,
      pingTimeout: ping_timeout ?? 20000,
      maxPayload: max_payload ?? 1000000,
      upgrades: isPolling && upgrades !== false ? ["websocket"] : [],
    });
  }

  #act({ input }) {
    if (typeof input === "object") {
      if (input.leg !== undefined) this.#actOnLeg(input);
      else if (input.post !== undefined) this.#post(input.post);
      else if (input["post ends"] !== undefined) this.#postEnds(input["post ends"]);
      else
        assert.ok(
          OF_SERVER.some((name) => name in input),
          JSON.stringify(input),
        );
      return;
    }
    if (input === "poll" || input === "candidate") this.#request(input);
    else if (input === "post begins") this.#postBegins();
    else if (input === "post lost" || input === "post refused") this.#endPosts(input === "post lost" ? 0 : 413);
    else assert.ok(["handshake", "timeout", "late timeout", "hold", "release"].includes(input), input);
  }

  /** The server takes a request that the client has under way. */
  #request(input) {
    const transport = input === "poll" ? "polling" : "websocket";
    const leg = this.#untaken(transport);
    if (leg !== undefined) {
      this.#refuse = () => leg.lose("transport error");
      this.taken = leg;
    } else if (!this.#isRefused()) {
      throw new Stop(`no ${input}`);
    } else if (!this.#isOver) {
      this.#depart(`no ${input}`);
    }
  }

  #isRefused() {
    return this.trace.steps[this.step].outputs.some(({ refused }) => refused !== undefined);
  }

  #untaken(transport) {
    const taken = [...this.#legs.values()];
    return this.wire.legs.find((leg) => leg.transport === transport && !leg.isOver && !taken.includes(leg));
  }

  #actOnLeg({ leg: number, packet, lost, cut }) {
    const leg = this.#legs.get(number);
    if (lost !== undefined || cut) {
      if (leg && !leg.isOver) leg.lose(lost ?? "transport error");
    } else if (packet !== undefined) {
      if (!leg || leg.isOver || leg.transport === "polling") this.#depart(`nothing goes up leg ${number}`);
      else this.#comesUp(leg, packet);
    }
  }

  #comesUp(leg, packet) {
    const wasUp = this.#up(leg).length;
    if (packet === "5" && this.#untaken("polling")) this.#untaken("polling").answer("6");
    if (packet === "2probe" || packet === "5" || packet === "3") {
      if (this.#up(leg).includes(packet)) return;
      if (packet === "5" && this.#answered.has(leg)) throw new Stop("no upgrade yet");
      this.#depart(`no ${packet}`);
    } else if (packet === "1") {
      this.engine.close();
      if (this.#up(leg)[wasUp] !== "1") this.#depart("no close on a probe");
    } else if (isMessage(packet) && this.engine.transport.name === "websocket") {
      this.engine.send(content(packet));
      assert.deepEqual(this.#up(leg).slice(wasUp), [packet]);
    } else {
      this.#depart(`no ${typeof packet === "string" ? packet : "bytes"}`);
    }
  }

  #post(body) {
    const isSecond = this.trace.steps[this.step - 1]?.input === "post begins";
    if (this.engine.transport.name === "websocket" || isSecond || this.#isOver) {
      if (!this.#isRefused()) throw new Stop("no POST now");
      if (!this.#isOver) this.#depart("no POST now");
      return;
    }
    this.#send(body);
    this.#refuse = () => this.#endPosts(400);
    if (!this.#isRefused()) this.#postEnds(body);
  }

  #postBegins() {
    const end = this.trace.steps.slice(this.step).find(({ input }) => input["post ends"] !== undefined);
    this.#send(end?.input["post ends"] ?? "4begun");
  }

  /** The POSTs under way are taken, and those behind them; together they are what this body is. */
  #postEnds(body) {
    this.#endPosts(200, "ok");
    const found = this.#up();
    for (const record of records(body)) {
      if (!found.includes(record)) this.#depart(`no ${record}`);
    }
  }

  #send(body) {
    for (const record of records(body)) {
      if (isMessage(record)) this.engine.send(content(record));
      else if (record === "1") this.engine.close();
    }
  }

  #posting() {
    return this.wire.post !== undefined && !this.wire.post.isOver;
  }

  #endPosts(status, text = "") {
    while (this.#posting()) this.wire.post.respond(status, text);
  }

  #happen(output) {
    if (output.opened !== undefined) {
      this.#legs.set(output.opened, this.taken);
      if (this.taken.transport === "websocket") this.taken.open();
    } else if (output.refused !== undefined) {
      if (this.#refuse) this.#refuse();
    } else if (output.closed !== undefined) {
      this.#isClosed = true;
    } else if (output.leg !== undefined) {
      if (output.packet !== undefined) this.#takePacket(output.leg, output.packet);
      else this.#endLeg(output.leg);
    }
  }

  /** A packet comes down: by itself on a WebSocket, with others in the answer to a poll. */
  #takePacket(number, packet) {
    const leg = this.#legs.get(number);
    if (leg.transport === "polling") {
      this.#bodies.set(number, [...(this.#bodies.get(number) ?? []), packet]);
      if (number === 0) this.#endLeg(number);
    } else if (!leg.isOver) {
      this.#note(packet);
      const before = this.#up(leg).length;
      leg.packet(fromVector(packet));
      if (packet === "3probe") this.#answered.add(leg);
      if (packet === "2") assert.deepEqual(this.#up(leg).slice(before), ["3"], "a pong at once");
    }
  }

  #endLeg(number) {
    const leg = this.#legs.get(number);
    if (leg === undefined || leg.isOver) return;
    if (leg.transport === "websocket") {
      leg.lose("transport close");
    } else {
      const body = this.#bodies.get(number);
      for (const record of body) this.#note(record);
      const waits = this.#posting();
      leg.answer(body.join(SEPARATOR));
      if (body.includes("2") && !waits) assert.equal(this.wire.post.body, "3", "a pong at once");
    }
  }

  #note(packet) {
    if (this.#isOver) return;
    if (isMessage(packet)) this.#expected.push(toVector(content(packet)));
    if (packet === "2") this.#pings += 1;
  }

  #depart(why) {
    this.departures.push(`step ${this.step}: ${why}`);
  }

  #assertMessages() {
    const heard = this.heard.filter(([event]) => event === "message").map(([, data]) => toVector(data));
    assert.deepEqual(heard, this.#expected);
  }

  #finish() {
    this.#assertMessages();
    if (this.#isClosed) {
      // Whatever the client asks for now, or waits for, nobody knows its session.
      for (const leg of this.wire.legs) if (!leg.isOver) leg.lose("transport error");
      this.#endPosts(400);
      assert.ok(this.#isOver, "closed");
    } else if (!this.#isOver) {
      this.#endPosts(200, "ok");
      const pongs = this.#up().filter((packet) => packet === "3").length;
      assert.equal(pongs, this.#pings, "a pong for each ping");
    } else {
      this.#depart(`closed: ${this.heard.at(-1)[1]}`);
      this.isCutShort = true;
    }
  }
}

function records(body) {
  return body.split(SEPARATOR);
}

function isMessage(packet) {
  return typeof packet !== "string" || packet.startsWith("4") || packet.startsWith("b");
}

/** What a message says, be it a record or a packet of a WebSocket. */
function content(packet) {
  if (typeof packet !== "string") return fromVector(packet);
  return packet.startsWith("b") ? fromVector({ $binary: packet.slice(1) }) : packet.slice(1);
}

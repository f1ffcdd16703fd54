// The vectors of Socket.IO's packets, as a client meets them: what `wire` comes to when a server sends
// it, and what a client puts on the wire for a `value`.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connected, open, record, start } from "../support/connect.js";
import { fromVector, read, toVector } from "../support/vectors.js";

const PACKETS = read("socket-packets");
const ACCEPTED = read("socket-accepted");
const REFUSED = read("socket-refused");

/** What asks to be let in: a client sends it, and a server's answer has a `sid`. */
const asks = ({ value }) => value.type === "connect" && typeof value.data?.sid !== "string";

/** Packets that a client can not send. */
const NOT_SENT = {
  "connect answered": "a server's answer",
  "connect answered in a namespace": "a server's answer",
  "connect refused": "a server's answer",
  "connect refused with data": "a server's answer",
  "event with the greatest id": "ids count from 0, one an event",
};

/** Other ways to ask, which are understood and never written. */
const NOT_WRITTEN = {
  "connect without the comma": "a namespace is always followed by one",
  "connect with empty credentials and white space": "JSON is written without",
  "connect with a query": "a query is the connection's and not the namespace's",
  "connect with a query and without the comma": "a query is the connection's and not the namespace's",
  "connect with a query to the main namespace": "a query is the connection's and not the namespace's",
};

test("each exception is a vector", () => {
  const names = new Set([...PACKETS, ...ACCEPTED].map(({ name }) => name));
  for (const name of Object.keys({ ...NOT_SENT, ...NOT_WRITTEN })) assert.ok(names.has(name), name);
});

/** A socket of a namespace that was let in, with the most attachments that the vectors allow. */
function joined(t, nsp) {
  const all = connected(t, { nsp: nsp === "/" ? "" : nsp, maxAttachments: 10 });
  return { ...all, down: (wire) => wire.forEach((data) => all.leg.packet(toPacket(data))) };
}

/** A message of Socket.IO as a packet of the session. */
function toPacket(data) {
  return typeof data === "string" ? `4${data}` : fromVector(data);
}

/** Packets of a session as messages of Socket.IO. */
function toWire(packets) {
  return packets.map((packet) => (typeof packet === "string" ? packet.slice(1) : toVector(packet)));
}

/** As many events with an ack as it takes for the last to have this id. */
function emitUpTo(socket, id, last) {
  for (let before = 0; before < id; before++) socket.emit("before", () => {});
  last();
}

const comesDown = {
  connect(t, { wire, value: { nsp, data } }) {
    const { network, socket } = start(t, { nsp: nsp === "/" ? "" : nsp });
    const heard = record(socket, "connect", "connect_error");
    open(network).packet(toPacket(wire[0]));
    assert.deepEqual(heard, [["connect"]]);
    assert.equal(socket.id, data.sid);
  },

  connect_error(t, { wire, value: { nsp, data } }) {
    const { network, socket } = start(t, { nsp: nsp === "/" ? "" : nsp });
    const heard = record(socket, "connect", "connect_error");
    open(network).packet(toPacket(wire[0]));
    assert.equal(heard.length, 1);
    assert.equal(heard[0][1].message, data.message);
    assert.deepEqual(heard[0][1].data, data.data);
    assert.equal(socket.active, false);
  },

  disconnect(t, { wire, value: { nsp } }) {
    const { socket, down } = joined(t, nsp);
    const heard = record(socket, "disconnect");
    down(wire);
    assert.equal(heard[0][1], "io server disconnect");
    assert.equal(socket.active, false);
  },

  event(t, { wire, value: { nsp, id, data } }) {
    const { socket, leg, down } = joined(t, nsp);
    const any = [];
    socket.onAny((...all) => any.push(all));
    const heard = record(socket, String(data[0]));
    down(wire);
    assert.equal(any.length, 1);
    const answer = id === null ? undefined : any[0].pop();
    assert.deepEqual(toVector(any[0]), data);
    assert.equal(heard.length, 1);
    if (id === null) return;
    answer("yes");
    assert.deepEqual(toWire(leg.written), [`3${nsp === "/" ? "" : `${nsp},`}${id}["yes"]`]);
  },

  ack(t, { wire, value: { nsp, id, data } }) {
    const { socket, down } = joined(t, nsp);
    const answers = [];
    emitUpTo(socket, id, () => socket.emit("asked", (...answer) => answers.push(answer)));
    down(wire);
    down(wire);
    assert.deepEqual(toVector(answers), [data]);
  },
};

const goesUp = {
  connect(t, { wire, value: { nsp, data } }) {
    const { network } = start(t, { nsp: nsp === "/" ? "" : nsp, auth: data ?? undefined });
    assert.deepEqual(toWire(open(network).written), wire);
  },

  disconnect(t, { wire, value: { nsp } }) {
    const { socket, leg } = joined(t, nsp);
    socket.disconnect();
    assert.deepEqual(toWire(leg.written)[0], wire[0]);
  },

  event(t, { wire, value: { nsp, id, data } }) {
    const { socket, leg } = joined(t, nsp);
    if (id === null) {
      socket.emit(...fromVector(data));
    } else {
      emitUpTo(socket, id, () => {
        leg.take();
        socket.emit(...fromVector(data), () => {});
      });
    }
    assert.deepEqual(toWire(leg.written), wire);
  },

  ack(t, { wire, value: { nsp, id, data } }) {
    const { socket, leg } = joined(t, nsp);
    socket.on("asked", (answer) => answer(...fromVector(data)));
    leg.packet(`42${nsp === "/" ? "" : `${nsp},`}${id}["asked"]`);
    assert.deepEqual(toWire(leg.written), wire);
  },
};

suite("comes down", () => {
  for (const vector of [...PACKETS, ...ACCEPTED].filter((each) => !asks(each))) {
    test(vector.name, (t) => comesDown[vector.value.type](t, vector));
  }

  for (const { name, wire, value } of ACCEPTED.filter(asks)) {
    test(`${name}, from a server, is not an answer`, (t) => {
      const { network, socket } = start(t, { nsp: value.nsp === "/" ? "" : value.nsp });
      const heard = record(socket, "connect", "connect_error");
      open(network).packet(toPacket(wire[0]));
      assert.equal(heard.length, 1);
      assert.match(heard[0][1].message, /older protocol/);
    });
  }
});

suite("goes up", () => {
  for (const vector of PACKETS.filter(({ name }) => !(name in NOT_SENT))) {
    test(vector.name, (t) => goesUp[vector.value.type](t, vector));
  }

  for (const vector of ACCEPTED.filter((each) => asks(each) && !(each.name in NOT_WRITTEN))) {
    test(vector.name, (t) => goesUp.connect(t, vector));
  }
});

suite("is refused", () => {
  for (const { name, wire } of REFUSED) {
    test(name, (t) => {
      const nsp = fromVector(wire)[0].includes("/admin") ? "/admin" : "/";
      const { socket, leg, down } = joined(t, nsp);
      const heard = record(socket, "disconnect");
      const events = [];
      socket.onAny((...event) => events.push(event));
      down(wire);
      assert.deepEqual(
        heard.map(([, reason, error]) => [reason, error instanceof Error]),
        [["parse error", true]],
      );
      assert.deepEqual(events, []);
      assert.ok(leg.isOver);
    });
  }
});

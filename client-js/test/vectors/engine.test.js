// The vectors of packets and payloads of Engine.IO, as a client meets them: `wire` comes down a
// WebSocket and `record` or a body down a poll, and what a client sends goes up as the vector has it.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { handshake } from "../support/connect.js";
import { startSession } from "../support/session.js";
import { fromVector, read, toVector } from "../support/vectors.js";

const PACKETS = read("engine-packets");
const PAYLOADS = read("engine-payloads");

/** Packets that a server never sends: here they end the session. */
const OF_CLIENTS = {
  probe: "a server answers probes",
  pong: "a server sends pings",
  upgrade: "a server does not move a session",
  "pong with other data": "a server sends pings",
};

/** Packets whose meaning depends on the time, and the tests of their own below. */
const OF_ITS_TIME = {
  open: "the first packet",
  "answer to a probe": "on a WebSocket that is tried",
};

/** Vectors that have nothing for a client to do. */
const LEFT_OUT = {
  "message with a separator in a frame": "its text can be sent by WebSocket only; it is heard like any other",
  "every packet": "it begins with an `open` and a `close`, behind which nothing counts",
};

const byName = (name) => PACKETS.find((vector) => vector.name === name);

test("each exception is a vector", () => {
  const names = new Set([...PACKETS, ...PAYLOADS].map(({ name }) => name));
  for (const name of Object.keys({ ...OF_CLIENTS, ...OF_ITS_TIME, ...LEFT_OUT })) assert.ok(names.has(name), name);
});

/** An open session over one transport, and how packets come down to it and what it sent up. */
function session(t, transport) {
  const all = startSession(t, { transports: [transport] });
  const { wire } = all;
  if (transport === "websocket") {
    wire.leg().open();
    wire.leg().packet(handshake());
    return { ...all, down: (packet) => wire.leg().packet(packet), up: () => sent(wire, "packet") };
  }
  wire.leg().answer(handshake());
  return { ...all, down: (body) => wire.leg().answer(body), up: () => sent(wire, "post") };
}

function sent(wire, kind) {
  return wire.log.filter((each) => kind in each).map((each) => toVector(each[kind]));
}

/** What the session heard since it was open. */
function since(heard) {
  assert.equal(heard[0][0], "open");
  return toVector(heard.slice(1));
}

function assertHeard(vector, { heard, up }) {
  const { name, value, error } = vector;
  if (error !== undefined || name in OF_CLIENTS) {
    assert.deepEqual(since(heard), [["close", "parse error"]]);
  } else if (value.type === "message") {
    assert.deepEqual(since(heard), [["message", value.data]]);
  } else if (value.type === "ping") {
    assert.deepEqual(since(heard), []);
    assert.deepEqual(up(), ["3"]);
  } else if (value.type === "close") {
    assert.deepEqual(since(heard), [["close", "transport close"]]);
  } else {
    assert.equal(value.type, "noop");
    assert.deepEqual(since(heard), []);
  }
}

for (const [transport, form] of Object.entries({ websocket: "wire", polling: "record" })) {
  suite(`comes down ${transport}`, () => {
    for (const vector of PACKETS.filter((each) => form in each && !(each.name in OF_ITS_TIME))) {
      test(vector.name, (t) => {
        const all = session(t, transport);
        all.down(fromVector(vector[form]));
        assertHeard(vector, all);
      });
    }

    test("open", (t) => {
      const { wire, heard, engine } = startSession(t, { transports: [transport] });
      if (transport === "websocket") wire.leg().open();
      wire.leg()[transport === "websocket" ? "packet" : "answer"](byName("open")[form]);
      assert.deepEqual(heard, [["open", "AAECAwQFBgcICQoLDA0ODw"]]);
      assert.equal(engine.id, "AAECAwQFBgcICQoLDA0ODw");
    });
  });

  suite(`goes up ${transport}`, () => {
    const isWritten = ({ name, value, accepted, error, ...forms }) =>
      form in forms && value?.type === "message" && !accepted && error === undefined && !(name in LEFT_OUT);
    for (const vector of PACKETS.filter(isWritten)) {
      test(vector.name, (t) => {
        const { engine, up } = session(t, transport);
        engine.send(fromVector(vector.value.data));
        assert.deepEqual(up(), [vector[form]]);
      });
    }

    test("close", (t) => {
      const { engine, up } = session(t, transport);
      engine.close();
      assert.deepEqual(up(), [byName("close")[form]]);
    });
  });
}

suite("upgrade", () => {
  test("probe, answer to a probe, upgrade", (t) => {
    const { wire, heard } = startSession(t);
    wire.leg().answer(handshake({ upgrades: ["websocket"] }));
    wire.leg("websocket").open();
    assert.deepEqual(sent(wire, "packet"), [byName("probe").wire]);
    wire.leg("websocket").packet(byName("answer to a probe").wire);
    wire.leg("polling").answer(byName("noop").record);
    assert.deepEqual(sent(wire, "packet"), [byName("probe").wire, byName("upgrade").wire]);
    assert.deepEqual(since(heard), [["upgrade", "websocket"]]);
  });

  for (const { name, wire: packet } of PACKETS.filter((each) => "wire" in each && each.name !== "answer to a probe")) {
    test(`${name} instead of an answer`, (t) => {
      const { wire, heard } = startSession(t);
      wire.leg().answer(handshake({ upgrades: ["websocket"] }));
      wire.leg("websocket").open();
      wire.leg("websocket").packet(fromVector(packet));
      assert.equal(heard.at(-1)[0], "upgradeError");
      // The session goes on where it was.
      wire.leg("polling").answer("4a");
      assert.deepEqual(heard.at(-1), ["message", "a"]);
    });
  }
});

suite("payloads", () => {
  for (const { name, wire: body, value, error } of PAYLOADS.filter(({ name }) => !(name in LEFT_OUT))) {
    test(`${name} comes down`, (t) => {
      const { wire, heard } = session(t, "polling");
      wire.leg().answer(body);
      const messages = value.filter(({ type }) => type === "message").map(({ data }) => ["message", data]);
      assert.deepEqual(since(heard), [...messages, ...(error === undefined ? [] : [["close", "parse error"]])]);
      const pings = value.filter(({ type }) => type === "ping").length;
      assert.deepEqual(sent(wire, "post"), pings ? ["3"] : []);
    });
  }

  const isOfMessages = ({ value, error }) => error === undefined && value.every(({ type }) => type === "message");
  for (const { name, wire: body, value } of PAYLOADS.filter(isOfMessages)) {
    test(`${name} goes up`, (t) => {
      const { wire, engine } = session(t, "polling");
      engine.send("first");
      for (const { data } of value) engine.send(fromVector(data));
      wire.post.respond(200, "ok");
      assert.deepEqual(sent(wire, "post"), ["4first", body]);
    });
  }
});

// Bad input from a server, or from what stands in its place: a useful message and another try, and
// never an exception out of the library.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { io } from "./support/library.js";
import { FakeClock } from "./support/clock.js";
import { connected, handshake, record, start as startFake } from "./support/connect.js";
import { Wire } from "./support/wire.js";

/** A socket over the library's own transports, the server of which is up to the test. */
function start(t, transports, options) {
  const wire = new Wire().install(t);
  const clock = new FakeClock();
  const socket = io("http://server.test", {
    clock,
    forceNew: true,
    transports,
    randomizationFactor: 0,
    WebSocket: wire.WebSocket,
    ...options,
  });
  t.after(() => {
    socket.disconnect();
    assert.deepEqual(wire.faults, []);
  });
  const errors = record(socket, "connect_error");
  return { wire, clock, socket, errors };
}

const PAGE = "<!DOCTYPE html><html><title>Log in to the hotel's network</title></html>";

suite("instead of a handshake by polling", () => {
  for (const [name, status, body, message] of [
    ["a captive portal's page", 200, PAGE, /not an? .*Engine\.IO 4 handshake: "<!DOCTYPE html>/],
    ["a 502 with a page", 502, PAGE, /502.*<!DOCTYPE html>/],
    ["a 404 without a body", 404, "", /404/],
    [
      "an error of the server's",
      400,
      '{"code":5,"message":"Unsupported protocol version"}',
      /400.*Unsupported protocol version/,
    ],
    ["nothing at all", 200, "", /Engine\.IO 4/],
    ["JSON that is cut off", 200, handshake().slice(0, 30), /Engine\.IO 4.*sid/],
    ["a redirect that is not followed", 302, "", /302/],
    ["no answer", 0, "", /no answer|error/],
    ["a very long page", 200, "x".repeat(1e6), /Engine\.IO 4/],
  ]) {
    test(name, (t) => {
      const { wire, clock, errors, socket } = start(t, ["polling"]);
      wire.leg().answer(body, status);
      assert.equal(errors.length, 1);
      const [[, error]] = errors;
      assert.ok(error instanceof Error);
      assert.equal(error.type, "TransportError");
      assert.match(error.message, message);
      assert.ok(error.message.length < 300);
      assert.equal(socket.active, true);
      clock.advance(1000);
      assert.equal(wire.legs.length, 2);
      wire.leg().answer(handshake());
      assert.deepEqual(wire.post.body, "40");
    });
  }

  test("each transport has its turn, and then the first again", (t) => {
    const { wire, clock, errors } = start(t, ["polling", "websocket"]);
    wire.leg().answer(PAGE);
    assert.equal(wire.leg().transport, "websocket");
    wire.leg().lose("transport error");
    assert.equal(errors.length, 1);
    clock.advance(1000);
    assert.equal(wire.leg().transport, "polling");
    wire.leg().answer(PAGE);
    wire.leg().open();
    wire.leg().packet(handshake());
    assert.equal(wire.log.at(-1).packet, "40");
  });
});

suite("members of a handshake that are not what they should be", () => {
  for (const changes of [
    { upgrades: 7 },
    { upgrades: "websocket" },
    { upgrades: {} },
    { upgrades: null },
    { upgrades: [null, 7, {}, "__proto__"] },
    { maxPayload: "many" },
    { maxPayload: -1 },
    { maxPayload: null },
    { maxPayload: {} },
    { pingInterval: null, pingTimeout: null },
    { pingInterval: {} },
    { sid: {} },
    { sid: ["a"] },
    { sid: "a&b=c #?/%" },
  ]) {
    test(JSON.stringify(changes), (t) => {
      const { wire, socket, errors } = start(t, ["polling", "websocket"], { tryAllTransports: false });
      wire.leg().answer(handshake(changes));
      if (errors.length > 0) {
        assert.match(errors[0][1].message, /Engine\.IO 4/);
        return;
      }
      // Where it is taken all the same, the session works.
      assert.equal(wire.post.body, "40");
      wire.post.respond(200, "ok");
      wire.leg("polling").answer('40{"sid":"a"}');
      socket.emit("a");
      wire.post.respond(200, "ok");
      socket.emit("b");
      assert.equal(wire.post.body, '42["b"]');
      if (typeof changes.sid === "string") assert.equal(wire.leg("polling").sid, changes.sid);
    });
  }
});

suite("later", () => {
  for (const [name, act, reason] of [
    ["a page for a poll", (wire) => wire.leg().answer(PAGE), "parse error"],
    ["a 502 for a poll", (wire) => wire.leg().answer(PAGE, 502), "transport error"],
    ["an empty answer", (wire) => wire.leg().answer(""), "parse error"],
    ["base64 that is cut off", (wire) => wire.leg().answer("bAQIDB"), "parse error"],
    ["no Socket.IO", (wire) => wire.leg().answer("4hello"), "parse error"],
    ["a page for a POST", (wire) => wire.post.respond(200, PAGE), "transport error"],
    ["a 502 for a POST", (wire) => wire.post.respond(502, PAGE), "transport error"],
    [
      "a session that nobody knows",
      (wire) => wire.leg().answer('{"code":1,"message":"Session ID unknown"}', 400),
      "transport error",
    ],
  ]) {
    test(name, (t) => {
      const { wire, clock, socket } = start(t, ["polling"]);
      wire.leg().answer(handshake());
      wire.post.respond(200, "ok");
      wire.leg().answer('40{"sid":"a"}');
      socket.emit("a");
      const heard = record(socket, "disconnect");
      act(wire);
      assert.equal(heard.length, 1);
      assert.equal(heard[0][1], reason);
      assert.ok(heard[0][2] instanceof Error);
      assert.notEqual(heard[0][2].message, "");
      clock.advance(1000);
      assert.equal(wire.leg().sid, null);
      assert.equal(wire.leg().isOver, false);
    });
  }

  for (const [name, packets] of Object.entries({
    "a frame of no bytes": [""],
    "text where a type should be": ["hello"],
    "another handshake": [handshake()],
    "something that is neither text nor bytes": [{ blob: true }],
    null: [null],
    "a number": [42],
  })) {
    test(`${name} on a WebSocket`, (t) => {
      const { wire, clock, socket } = start(t, ["websocket"]);
      wire.leg().open();
      wire.leg().packet(handshake());
      wire.leg().packet('40{"sid":"a"}');
      const heard = record(socket, "disconnect");
      for (const packet of packets) wire.leg().packet(packet);
      assert.deepEqual(
        heard.map(([, reason]) => reason),
        ["parse error"],
      );
      clock.advance(1000);
      assert.equal(wire.legs.length, 2);
    });
  }
});

test("a WebSocket that can not even be made is an error like any other", async (t) => {
  const thrower = class {
    constructor() {
      throw new SyntaxError("no such address");
    }
  };
  const { clock, errors, socket } = start(t, ["websocket"], { WebSocket: thrower });
  await new Promise((resolve) => socket.once("connect_error", resolve));
  assert.match(errors[0][1].message, /websocket/);
  assert.match(String(errors[0][1].description), /no such address/);
  assert.deepEqual(clock.pending, [1000]);
});

test("a request that can not even be made is an error like any other", async (t) => {
  const { errors, socket, wire } = start(t, ["polling"], { autoConnect: false });
  t.mock.method(wire.XMLHttpRequest.prototype, "setRequestHeader", () => {
    throw new SyntaxError("no such header");
  });
  socket.io.opts.extraHeaders = { "a b": "c" };
  socket.connect();
  await new Promise((resolve) => socket.once("connect_error", resolve));
  assert.match(errors[0][1].message, /no such header/);
});

test("a thousand things that are no packets", (t) => {
  const { socket, network, clock } = connected(t, { randomizationFactor: 0 });
  let seed = 7;
  const random = (below) => (seed = (seed * 16807) % 2147483647) % below;
  const pieces = [
    "0",
    "1",
    "2",
    "4",
    "5",
    "-",
    "/",
    "a",
    ",",
    "[",
    "]",
    "{",
    "}",
    '"',
    ":",
    "\\u",
    "\x1e",
    "?",
    "_placeholder",
    "__proto__",
  ];
  const heard = record(socket, "disconnect");
  for (let round = 0; round < 1000; round++) {
    const text = Array.from({ length: random(9) }, () => pieces[random(pieces.length)]).join("");
    network.leg().packet(`4${text}`);
    if (random(3) === 0 && !network.leg().isOver) network.leg().packet(new ArrayBuffer(random(3)));
    if (socket.connected) continue;
    if (!socket.active) socket.connect();
    clock.advance(5000);
    network.leg().open().packet(handshake(), '40{"sid":"a"}');
    assert.equal(socket.connected, true, `behind ${text}`);
  }
  assert.ok(heard.length > 100);
});

test("a transport that ends its first leg without a packet", (t) => {
  const { network, socket } = startFake(t, { transports: ({ polling }) => [polling] });
  const errors = record(socket, "connect_error");
  network.leg().answer();
  assert.match(errors[0][1].message, /Engine\.IO 4/);
});

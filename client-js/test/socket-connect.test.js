// A socket joins its namespace, leaves it, and is told why it is out.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connected, handshake, open, record, start } from "./support/connect.js";

test("a socket connects by itself, and knows its id while it is connected", (t) => {
  const { network, socket } = start(t);
  const heard = record(socket, "connect", "disconnect");
  assert.deepEqual([socket.connected, socket.disconnected, socket.active, socket.id], [false, true, true, undefined]);
  const leg = open(network);
  assert.deepEqual(leg.take(), ["40"]);
  assert.deepEqual(heard, []);
  leg.packet('40{"sid":"mine"}');
  assert.deepEqual(heard, [["connect"]]);
  assert.deepEqual([socket.connected, socket.disconnected, socket.active, socket.id], [true, false, true, "mine"]);
  socket.disconnect();
  assert.deepEqual([socket.connected, socket.disconnected, socket.active, socket.id], [false, true, false, undefined]);
});

test("with autoConnect off it waits to be told", (t) => {
  const { network, socket, manager } = start(t, { autoConnect: false });
  assert.deepEqual([network.legs.length, socket.active], [0, false]);
  assert.equal(socket.connect(), socket);
  socket.open();
  assert.deepEqual([network.legs.length, socket.active], [1, true]);
  assert.equal(manager.engine.readyState, "opening");
});

test("the application leaves, and the connection ends with its last socket", (t) => {
  const { socket, leg, network, clock } = connected(t);
  const heard = record(socket, "disconnect");
  assert.equal(socket.disconnect(), socket);
  assert.deepEqual(leg.take(), ["41", "1"]);
  assert.ok(leg.isClosed);
  assert.deepEqual(
    heard.map(([, reason]) => reason),
    ["io client disconnect"],
  );
  socket.close();
  clock.advance(100000);
  assert.equal(heard.length, 1);
  assert.equal(network.legs.length, 1);
  assert.deepEqual(clock.pending, []);
});

test("the server takes it out, and it stays out until it is told to connect", (t) => {
  const { socket, leg, network, clock } = connected(t);
  const heard = record(socket, "connect", "disconnect");
  leg.packet("41");
  assert.equal(heard[0][1], "io server disconnect");
  clock.advance(100000);
  assert.equal(network.legs.length, 1);
  socket.connect();
  open(network).packet('40{"sid":"again"}');
  assert.deepEqual(heard.at(-1), ["connect"]);
  assert.equal(socket.id, "again");
});

for (const [reason, lose] of Object.entries({
  "transport close": (leg) => leg.lose("transport close"),
  "transport error": (leg) => leg.lose("transport error"),
  "parse error": (leg) => leg.packet("4junk"),
  "ping timeout": (leg, clock) => clock.advance(45000),
})) {
  test(`the connection is lost: ${reason}`, (t) => {
    const { socket, leg, clock } = connected(t);
    const heard = record(socket, "disconnect");
    lose(leg, clock);
    assert.deepEqual(
      heard.map(([, why]) => why),
      [reason],
    );
    assert.deepEqual([socket.connected, socket.active], [false, true]);
  });
}

suite("is refused", () => {
  test("with the server's message and data, and not asked again", (t) => {
    const { network, socket, clock } = start(t);
    const heard = record(socket, "connect_error");
    open(network).packet('44{"message":"not you","data":{"code":7}}');
    const [[, error]] = heard;
    assert.ok(error instanceof Error);
    assert.deepEqual([error.message, error.data], ["not you", { code: 7 }]);
    assert.deepEqual([socket.connected, socket.active], [false, false]);
    clock.advance(100000);
    assert.equal(network.legs.length, 1);
  });

  test("with a text instead of an object", (t) => {
    const { network, socket } = start(t);
    const heard = record(socket, "connect_error");
    open(network).packet('44"not you"');
    assert.equal(heard[0][1].message, "not you");
  });

  test("without a message there is one that says so", (t) => {
    const { network, socket } = start(t);
    const heard = record(socket, "connect_error");
    open(network).packet("44{}");
    assert.doesNotMatch(heard[0][1].message, /\[object/);
    assert.notEqual(heard[0][1].message, "");
  });

  test("and can try again, with other credentials", (t) => {
    const { network, socket } = start(t, { auth: { token: "old" } });
    const leg = open(network);
    assert.deepEqual(leg.take(), ['40{"token":"old"}']);
    leg.packet('44{"message":"expired"}');
    socket.auth = { token: "new" };
    socket.connect();
    assert.deepEqual(open(network).take(), ['40{"token":"new"}']);
  });
});

suite("auth", () => {
  test("a function is asked at each connect", (t) => {
    let count = 0;
    const { network, clock } = start(t, { auth: (give) => give({ count: ++count }), randomizationFactor: 0 });
    assert.equal(count, 0);
    open(network).lose("transport close");
    clock.advance(1000);
    assert.deepEqual(open(network).take(), ['40{"count":2}']);
  });

  test("an answer may come later, and is sent once", (t) => {
    let give;
    const { network, socket } = start(t, { auth: (callback) => (give = callback) });
    const leg = open(network);
    assert.deepEqual(leg.take(), []);
    give({ token: 1 });
    give({ token: 2 });
    assert.deepEqual(leg.take(), ['40{"token":1}']);
    leg.packet('40{"sid":"a"}');
    give({ token: 3 });
    assert.deepEqual(leg.take(), []);
    assert.equal(socket.connected, true);
  });

  test("an answer of a connection before is not sent on the next", (t) => {
    const gives = [];
    const { network, clock } = start(t, { auth: (callback) => gives.push(callback), randomizationFactor: 0 });
    open(network).lose("transport close");
    gives[0]({ of: "the first" });
    clock.advance(1000);
    gives[0]({ of: "the first" });
    const leg = open(network);
    gives[0]({ of: "the first" });
    assert.deepEqual(leg.take(), []);
    gives[1]({ of: "the second" });
    assert.deepEqual(leg.take(), ['40{"of":"the second"}']);
  });

  test("an answer is not sent when the socket was left meanwhile", (t) => {
    let give;
    const { network, socket, manager } = start(t, { auth: (callback) => (give = callback) });
    manager.socket("/other");
    const leg = open(network);
    leg.take();
    socket.disconnect();
    give({ token: 1 });
    assert.deepEqual(leg.take(), []);
  });
});

suite("connection state recovery", () => {
  test("the id of the session and the last offset are given back", (t) => {
    const { network, socket, clock } = start(t, { randomizationFactor: 0, auth: { token: 1 } });
    open(network).packet('40{"sid":"a","pid":"private"}', '42["x",1,"offset 1"]', '42["y","offset 2"]');
    assert.equal(socket.recovered, false);
    network.leg().lose("transport close");
    clock.advance(1000);
    const leg = open(network);
    assert.deepEqual(JSON.parse(leg.take()[0].slice(2)), { token: 1, pid: "private", offset: "offset 2" });
    leg.packet('40{"sid":"a","pid":"private"}');
    assert.equal(socket.recovered, true);
  });

  test("a server that begins anew says so", (t) => {
    const { network, socket, clock } = start(t, { randomizationFactor: 0 });
    open(network).packet('40{"sid":"a","pid":"one"}');
    network.leg().lose("transport close");
    clock.advance(1000);
    open(network).packet('40{"sid":"b","pid":"two"}');
    assert.deepEqual([socket.recovered, socket.id], [false, "b"]);
  });

  test("what was missed is heard before `connect`", (t) => {
    const { network, socket } = start(t);
    const heard = record(socket, "connect", "x");
    open(network).packet('42["x","missed"]', '40{"sid":"a","pid":"p"}');
    assert.deepEqual(heard, [["x", "missed"], ["connect"]]);
  });
});

suite("stale connections", () => {
  test("nothing of a session that the application ended is heard", (t) => {
    const { socket, network } = connected(t, { transports: ({ polling }) => [polling] });
    const events = [];
    socket.onAny((...event) => events.push(event));
    const old = network.leg();
    socket.disconnect().connect();
    old.answer('42["late"]', '40{"sid":"late"}');
    assert.deepEqual([events, socket.receiveBuffer, socket.connected], [[], [], false]);
    network.takePosts();
    network.leg().answer(handshake({ sid: "next" }));
    network.takePosts();
    network.leg().answer('40{"sid":"new"}');
    assert.deepEqual([events, socket.id], [[], "new"]);
  });

  test("what follows on junk in one answer is not heard", (t) => {
    const { socket, network, clock } = connected(t, { transports: ({ polling }) => [polling], randomizationFactor: 0 });
    const heard = record(socket, "disconnect", "late");
    network.leg().answer("4junk", '42["late"]', "4junk");
    assert.deepEqual(
      heard.map(([event, reason]) => [event, reason]),
      [["disconnect", "parse error"]],
    );
    assert.deepEqual(socket.receiveBuffer, []);
    clock.advance(1000);
    assert.equal(network.legs.filter((leg) => leg.sid === null).length, 2);
  });

  test("a reply to a join that was left is not taken for the next", (t) => {
    const { network, socket, manager } = start(t);
    manager.socket("/other");
    const leg = open(network);
    assert.deepEqual(leg.take(), ["40", "40/other,"]);
    const heard = record(socket, "connect");
    socket.disconnect();
    leg.packet('40{"sid":"late"}');
    assert.deepEqual([heard, socket.connected], [[], false]);
    // The server believes that it is in, and is told.
    assert.deepEqual(leg.take(), ["41"]);
  });

  test("leaving and joining again before the reply asks once more, behind it", (t) => {
    const { network, socket, manager } = start(t);
    manager.socket("/other");
    const leg = open(network);
    socket.disconnect().connect();
    assert.deepEqual(leg.take(), ["40", "40/other,"]);
    leg.packet('40{"sid":"a"}');
    assert.equal(socket.connected, false, "these are not the credentials of now");
    assert.deepEqual(leg.take(), ["41", "40"]);
    leg.packet('40{"sid":"b"}');
    assert.equal(socket.id, "b");
  });
});

suite("between the handshake and the CONNECT's answer", () => {
  test("no credentials are no JSON", (t) => {
    for (const auth of [null, (give) => give(null), undefined]) {
      const { network } = start(t, { auth });
      assert.deepEqual(open(network).take(), ["40"]);
    }
  });

  test("a lost connection is told", (t) => {
    const { network, socket } = start(t);
    const heard = record(socket, "connect_error", "disconnect");
    open(network).lose("transport close");
    assert.equal(heard.length, 1);
    assert.equal(heard[0][0], "connect_error");
    assert.ok(heard[0][1] instanceof Error);
  });

  test("what was said before to one that leaves is not said again to nobody", (t) => {
    const { network, socket, manager } = start(t);
    manager.socket("/other");
    const leg = open(network);
    leg.take();
    socket.emit("one");
    socket.emit("two");
    socket.onAnyOutgoing(() => socket.disconnect());
    const heard = record(socket, "connect", "disconnect");
    leg.packet('40{"sid":"a"}');
    assert.deepEqual(leg.take(), ["41"]);
    assert.deepEqual(
      heard.map(([event]) => event),
      ["disconnect"],
    );
  });
});

test("a refusal of what was let in ends it", (t) => {
  const { socket, leg } = connected(t);
  const heard = record(socket, "disconnect", "connect_error");
  leg.packet('44{"message":"x"}');
  assert.deepEqual(
    heard.map(([event, reason]) => [event, reason]),
    [["disconnect", "parse error"]],
  );
  assert.deepEqual([socket.connected, socket.active], [false, false]);
});

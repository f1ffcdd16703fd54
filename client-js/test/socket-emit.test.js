// Events go out: at once, when there is a connection, or not at all.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connected, handshake, open, record, start } from "./support/connect.js";

test("an event is a packet, and send is the event `message`", (t) => {
  const { socket, leg } = connected(t);
  assert.equal(socket.emit("a", 1, "two", null, { three: [3] }), socket);
  assert.equal(socket.send("hello"), socket);
  assert.equal(socket.compress(false).emit("b"), socket);
  socket.emit("c", undefined, NaN);
  assert.deepEqual(leg.take(), [
    '42["a",1,"two",null,{"three":[3]}]',
    '42["message","hello"]',
    '42["b"]',
    '42["c",null,null]',
  ]);
});

test("events come with their arguments, in order, to the listeners of their name", (t) => {
  const { socket, leg } = connected(t);
  const heard = record(socket, "a", "b", "message");
  leg.packet('42["a",1,"two"]', '42["other"]', '42["b"]', '42["message",{"x":null}]', '42["a"]');
  assert.deepEqual(heard, [["a", 1, "two"], ["b"], ["message", { x: null }], ["a"]]);
});

test("`emit` is not heard here", (t) => {
  const { socket } = connected(t);
  const heard = record(socket, "a");
  socket.emit("a");
  assert.deepEqual(heard, []);
});

suite("names", () => {
  for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
    test(`${name} is the library's own`, (t) => {
      const { socket, leg } = connected(t);
      assert.throws(() => socket.emit(name), { message: new RegExp(`"${name}" is a reserved event name`) });
      socket.emit("fine");
      assert.deepEqual(leg.take(), ['42["fine"]']);
    });
  }

  for (const name of ["__proto__", "constructor", "toString", "connecting", "", "é😀"]) {
    test(`"${name}" can be sent and heard`, (t) => {
      const { socket, leg } = connected(t);
      const heard = record(socket, name);
      socket.emit(name, 1);
      const [packet] = leg.take();
      assert.equal(packet, `42${JSON.stringify([name, 1])}`);
      leg.packet(packet);
      assert.deepEqual(heard, [[name, 1]]);
    });
  }

  test("a number can be sent, and is heard as its digits", (t) => {
    const { socket, leg } = connected(t);
    const heard = record(socket, "7");
    socket.emit(7, "a");
    assert.deepEqual(leg.take(), ['42[7,"a"]']);
    leg.packet('42[7,"b"]');
    assert.deepEqual(heard, [["7", "b"]]);
  });

  test("a key `__proto__` in data stays data", (t) => {
    const { socket, leg } = connected(t);
    const heard = record(socket, "a");
    leg.packet('42["a",{"__proto__":{"polluted":true}}]');
    assert.equal({}.polluted, undefined);
    assert.deepEqual(Object.keys(heard[0][1]), ["__proto__"]);
    leg.packet('451-["a",{"__proto__":{"_placeholder":true,"num":0}}]', new ArrayBuffer(1));
    assert.deepEqual(Object.keys(heard[1][1]), ["__proto__"]);
    assert.equal({}._placeholder, undefined);
  });
});

suite("data that JSON does not know", () => {
  test("a cycle is an error where it is emitted, and harms nothing", (t) => {
    const { socket, leg } = connected(t);
    const cycle = { list: [] };
    cycle.list.push(cycle);
    assert.throws(() => socket.emit("a", cycle), TypeError);
    assert.throws(() => socket.emit("a", cycle, new Uint8Array(1)), TypeError);
    assert.throws(() => socket.emit("a", 1n), TypeError);
    socket.emit("b", "fine");
    assert.deepEqual(leg.take(), ['42["b","fine"]']);
  });

  test("a cycle is an error before there is a connection, too", (t) => {
    const { network, socket } = start(t);
    const cycle = {};
    cycle.self = cycle;
    assert.throws(() => socket.emit("a", cycle), TypeError);
    assert.deepEqual(socket.sendBuffer, []);
    const leg = open(network).packet('40{"sid":"a"}');
    assert.deepEqual(leg.take(), ["40"]);
  });

  test("what is emitted is what it was then", (t) => {
    const { network, socket } = start(t);
    const data = { count: 1 };
    socket.emit("a", data);
    data.count = 2;
    const leg = open(network).packet('40{"sid":"a"}');
    assert.deepEqual(leg.take(), ["40", '42["a",{"count":1}]']);
  });

  test("toJSON is asked", (t) => {
    const { socket, leg } = connected(t);
    socket.emit("a", new Date(0), { toJSON: () => "said" }, new Map([[1, 2]]));
    assert.deepEqual(leg.take(), ['42["a","1970-01-01T00:00:00.000Z","said",{}]']);
  });
});

suite("before there is a connection", () => {
  test("events wait, and go out in order before `connect` is told", (t) => {
    const { network, socket } = start(t);
    socket.emit("a", 1).emit("b");
    assert.equal(socket.sendBuffer.length, 2);
    let before;
    const leg = open(network);
    socket.on("connect", () => (before = leg.take()));
    leg.packet('40{"sid":"a"}');
    assert.deepEqual(before, ["40", '42["a",1]', '42["b"]']);
    assert.deepEqual(socket.sendBuffer, []);
  });

  test("events wait while a connection is made again", (t) => {
    const { network, socket, clock, leg } = connected(t, { randomizationFactor: 0 });
    leg.lose("transport close");
    socket.emit("a");
    clock.advance(1000);
    const next = open(network).packet('40{"sid":"b"}');
    assert.deepEqual(next.take(), ["40", '42["a"]']);
  });

  test("the server's events wait for the connect", (t) => {
    const { network, socket } = start(t);
    const heard = record(socket, "a");
    const leg = open(network).packet('42["a",1]');
    assert.deepEqual(heard, []);
    assert.equal(socket.receiveBuffer.length, 1);
    leg.packet('40{"sid":"a"}', '42["a",2]');
    assert.deepEqual(heard, [
      ["a", 1],
      ["a", 2],
    ]);
    assert.deepEqual(socket.receiveBuffer, []);
  });

  test("silence that no timer has noticed is noticed by an emit, which then waits", (t) => {
    const { network, socket, clock } = connected(t, { randomizationFactor: 0 });
    const heard = record(socket, "disconnect");
    clock.jump(60000);
    socket.emit("a");
    assert.equal(heard[0][1], "ping timeout");
    clock.advance(1000);
    const leg = open(network).packet('40{"sid":"b"}');
    assert.deepEqual(leg.take(), ["40", '42["a"]']);
  });
});

suite("volatile", () => {
  test("goes out over a connection", (t) => {
    const { socket, leg } = connected(t);
    socket.volatile.emit("a");
    socket.emit("b");
    assert.deepEqual(leg.take(), ['42["a"]', '42["b"]']);
  });

  test("is dropped where there is none, and only that event", (t) => {
    const { network, socket } = start(t);
    socket.volatile.emit("dropped");
    socket.emit("kept");
    const leg = open(network);
    socket.volatile.emit("dropped");
    leg.packet('40{"sid":"a"}');
    assert.deepEqual(leg.take(), ["40", '42["kept"]']);
  });

  test("is dropped while a POST is under way", (t) => {
    const { network, socket } = connected(t, { transports: ({ polling }) => [polling] });
    socket.volatile.emit("a");
    socket.volatile.emit("dropped");
    socket.emit("b");
    assert.deepEqual(network.takePosts(), ["40", '42["a"]', '42["b"]'].slice(1));
    socket.volatile.emit("c");
    assert.deepEqual(network.takePosts(), ['42["c"]']);
  });

  test("an ack with a timeout hears of it", (t) => {
    const { socket, clock } = start(t);
    const answers = [];
    socket.volatile.timeout(100).emit("dropped", (...answer) => answers.push(answer));
    clock.advance(100);
    assert.equal(answers.length, 1);
    assert.ok(answers[0][0] instanceof Error);
  });
});

test("a handshake and a CONNECT that come in one answer", (t) => {
  const { network, socket } = start(t, { transports: ({ polling }) => [polling] });
  const heard = record(socket, "connect");
  network.leg().answer(handshake());
  assert.deepEqual(network.takePosts(), ["40"]);
  network.leg().answer('40{"sid":"a"}', '42["a"]');
  assert.deepEqual(heard, [["connect"]]);
});

test("an event that is refused takes its flags along", (t) => {
  const { socket, network } = start(t);
  assert.throws(() => socket.volatile.emit("connect"), /reserved/);
  socket.emit("kept");
  const leg = open(network).packet('40{"sid":"a"}');
  assert.deepEqual(leg.take(), ["40", '42["kept"]']);
});

// A listener that throws is the page's own affair: its error is reported as any other, and the
// library goes on with what comes behind.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { catchThrown, connected, handshake, open, record, start } from "./support/connect.js";

const polling = { transports: ({ polling }) => [polling] };

function throwing(t, emitter, event) {
  const thrown = catchThrown(t);
  const error = new Error(`thrown by a listener for ${event}`);
  emitter.on(event, () => {
    throw error;
  });
  const assertReported = () => {
    assert.notEqual(thrown.length, 0);
    for (const each of thrown) assert.equal(each, error);
  };
  return { thrown, error, assertReported };
}

test("the rest of an answer is heard, and the next poll begins", (t) => {
  const { socket, network } = connected(t, polling);
  const { thrown, error } = throwing(t, socket, "bad");
  const heard = record(socket, "good");
  network.leg().answer('42["good",1]', '42["bad"]', '42["good",2]', "2");
  assert.deepEqual(heard, [
    ["good", 1],
    ["good", 2],
  ]);
  assert.deepEqual(thrown, [error]);
  assert.deepEqual(network.takePosts(), ["3"]);
  network.leg().answer('42["good",3]');
  assert.equal(heard.length, 3);
});

test("the next message of a WebSocket is heard", (t) => {
  const { socket, leg } = connected(t);
  const { thrown, error } = throwing(t, socket, "bad");
  const heard = record(socket, "good");
  leg.packet('42["bad"]', '42["good"]', "2");
  assert.deepEqual(heard, [["good"]]);
  assert.deepEqual(thrown, [error]);
  assert.deepEqual(leg.take(), ["3"]);
});

test("an answer's listener", (t) => {
  const { socket, leg } = connected(t);
  const thrown = catchThrown(t);
  socket.emit("q", () => {
    throw new Error("mine");
  });
  const heard = record(socket, "good");
  leg.packet("430[]", '42["good"]');
  assert.equal(thrown[0].message, "mine");
  assert.deepEqual(heard, [["good"]]);
});

test("a timeout's listener does not hold up the others", (t) => {
  const { socket, clock } = connected(t);
  const thrown = catchThrown(t);
  let heard;
  socket.timeout(10).emit("a", () => {
    throw new Error("mine");
  });
  socket.timeout(20).emit("b", (error) => (heard = error));
  try {
    clock.advance(10);
  } catch (error) {
    // A timer's callback is called by the page's engine, which reports what comes out of it.
    thrown.push(error);
  }
  clock.advance(10);
  assert.deepEqual(
    thrown.map(({ message }) => message),
    ["mine"],
  );
  assert.ok(heard instanceof Error);
});

suite("the socket is in", () => {
  test("what waited to be sent is sent, whoever throws", (t) => {
    const { socket, network } = start(t);
    throwing(t, socket, "bad");
    const heard = record(socket, "good", "connect");
    socket.emit("a");
    const leg = open(network).packet('42["bad"]', '42["good"]', '40{"sid":"a"}');
    assert.deepEqual(heard, [["good"], ["connect"]]);
    assert.deepEqual(leg.take(), ["40", '42["a"]']);
  });

  test("a listener of connect", (t) => {
    const { socket, network } = start(t);
    const { thrown, error } = throwing(t, socket, "connect");
    const leg = open(network).packet('40{"sid":"a"}');
    assert.deepEqual(thrown, [error]);
    assert.equal(socket.connected, true);
    leg.take();
    socket.emit("a");
    assert.deepEqual(leg.take(), ['42["a"]']);
  });

  test("a function for auth does not keep the other namespaces out", (t) => {
    const { manager, network } = start(t, {
      auth() {
        throw new Error("mine");
      },
    });
    const thrown = catchThrown(t);
    manager.socket("/other");
    const leg = open(network);
    assert.deepEqual(leg.take(), ["40/other,"]);
    assert.equal(thrown[0].message, "mine");
  });
});

suite("a connection is made again after", () => {
  const again = { randomizationFactor: 0 };

  test("a listener of disconnect", (t) => {
    const { socket, network, clock } = connected(t, again);
    const { assertReported } = throwing(t, socket, "disconnect");
    network.leg().lose("transport close");
    clock.advance(1000);
    assert.equal(network.legs.length, 2);
    assertReported();
  });

  test("a listener of disconnect, and silence", (t) => {
    const { socket, network, clock } = connected(t, again);
    const { assertReported } = throwing(t, socket, "disconnect");
    clock.advance(45000);
    clock.advance(1000);
    assert.equal(network.legs.length, 2);
    assertReported();
  });

  test("a listener of connect_error", (t) => {
    const { socket, network, clock } = start(t, again);
    const { assertReported } = throwing(t, socket, "connect_error");
    for (let round = 0; round < 3; round++) {
      network.leg().lose();
      clock.advance(5000);
    }
    assert.equal(network.legs.length, 4);
    assertReported();
  });

  for (const event of ["open", "close", "error", "reconnect_attempt", "reconnect_error", "reconnect"]) {
    test(`a manager's listener of ${event}`, (t) => {
      const { manager, network, clock } = start(t, again);
      const { assertReported } = throwing(t, manager, event);
      // A try that fails, one that succeeds and is lost, and another that succeeds.
      network.leg().lose();
      clock.advance(1000);
      network.leg().lose();
      clock.advance(5000);
      assert.equal(network.legs.length, 3);
      open(network).packet('40{"sid":"a"}');
      network.leg().lose("transport close");
      clock.advance(5000);
      assert.equal(network.legs.length, 4);
      assertReported();
    });
  }

  test("all namespaces hear of it", (t) => {
    const { socket, manager, network } = connected(t, again);
    const other = manager.socket("/other");
    network.leg().packet('40/other,{"sid":"o"}');
    const { assertReported } = throwing(t, socket, "disconnect");
    const heard = record(other, "disconnect");
    network.leg().lose("transport close");
    assert.equal(heard.length, 1);
    assert.equal(other.connected, false);
    assertReported();
  });
});

suite("the engine's own events", () => {
  test("packet: what the packet says is heard all the same", (t) => {
    const { manager, socket, leg } = connected(t);
    const { thrown, error } = throwing(t, manager.engine, "packet");
    const heard = record(socket, "good");
    leg.packet('42["good"]', "2");
    assert.deepEqual(heard, [["good"]]);
    assert.deepEqual(leg.take(), ["3"]);
    assert.deepEqual(thrown, [error, error]);
  });

  test("upgrade: the session has moved", (t) => {
    const both = { transports: ({ polling, webSocket }) => [polling, webSocket] };
    const { manager, network, socket } = start(t, both);
    network.leg().answer(handshake({ upgrades: ["websocket"] }));
    network.takePosts();
    network.leg("polling").answer('40{"sid":"a"}');
    const { thrown, error } = throwing(t, manager.engine, "upgrade");
    network.leg("websocket").open().packet("3probe");
    socket.emit("a");
    network.leg("polling").answer("6");
    assert.deepEqual(thrown, [error]);
    socket.emit("b");
    assert.deepEqual(network.leg("websocket").take(), ["2probe", "5", '42["a"]', '42["b"]']);
  });
});

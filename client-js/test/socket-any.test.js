// Listeners of all events: those that come, and those that leave.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connected, open, start } from "./support/connect.js";

test("onAny hears name and arguments before the event's own listeners, and the function that answers", (t) => {
  const { socket, leg } = connected(t);
  const heard = [];
  socket.on("a", () => heard.push("own"));
  socket.onAny((...event) => heard.push(event));
  leg.packet('42["a",1,{"b":2}]', '421["a"]');
  assert.deepEqual(heard.slice(0, 2), [["a", 1, { b: 2 }], "own"]);
  assert.equal(typeof heard[2][1], "function");
});

test("it does not hear of the socket itself", (t) => {
  const { network, socket } = start(t);
  const heard = [];
  socket.onAny((...event) => heard.push(event)).onAnyOutgoing((...event) => heard.push(event));
  open(network).packet('40{"sid":"a"}', "41");
  assert.deepEqual(heard, []);
});

for (const [on, prepend, off, listeners, cause] of [
  ["onAny", "prependAny", "offAny", "listenersAny", (socket, leg) => leg.packet('42["e"]')],
  ["onAnyOutgoing", "prependAnyOutgoing", "offAnyOutgoing", "listenersAnyOutgoing", (socket) => socket.emit("e")],
]) {
  suite(on, () => {
    test("in order, and before the others", (t) => {
      const { socket, leg } = connected(t);
      const heard = [];
      const second = () => heard.push("second");
      const first = () => heard.push("first");
      assert.deepEqual(socket[listeners](), []);
      assert.equal(socket[on](second), socket);
      assert.equal(socket[prepend](first), socket);
      assert.deepEqual(socket[listeners](), [first, second]);
      cause(socket, leg);
      assert.deepEqual(heard, ["first", "second"]);
    });

    test("one is forgotten, or all", (t) => {
      const { socket, leg } = connected(t);
      const heard = [];
      const [a, b, c] = ["a", "b", "c"].map((name) => () => heard.push(name));
      socket[on](a)[on](b)[on](c);
      assert.equal(socket[off](b), socket);
      socket[off](() => {});
      cause(socket, leg);
      assert.deepEqual(heard, ["a", "c"]);
      socket[off]();
      assert.deepEqual(socket[listeners](), []);
      cause(socket, leg);
      assert.deepEqual(heard, ["a", "c"]);
    });

    test("one that is added while they are called waits for the next event", (t) => {
      const { socket, leg } = connected(t);
      let calls = 0;
      const add = () => socket[on](() => (calls += 1));
      socket[on](add);
      cause(socket, leg);
      assert.equal(calls, 0);
      socket[off](add);
      cause(socket, leg);
      assert.equal(calls, 1);
    });

    test("off without arguments leaves them", (t) => {
      const { socket, leg } = connected(t);
      let calls = 0;
      socket[on](() => (calls += 1));
      socket.off().removeAllListeners();
      cause(socket, leg);
      assert.equal(calls, 1);
    });
  });
}

test("what waits for a connect is told when it leaves", (t) => {
  const { network, socket } = start(t);
  const heard = [];
  socket.onAnyOutgoing((...event) => heard.push(event));
  socket.emit("early", 1);
  socket.volatile.emit("dropped");
  assert.deepEqual(heard, []);
  open(network).packet('40{"sid":"a"}');
  assert.deepEqual(heard, [["early", 1]]);
});

test("`this` is the socket", (t) => {
  const { socket, leg } = connected(t);
  const seen = [];
  const note = function () {
    seen.push(this === socket);
  };
  socket.onAny(note).onAnyOutgoing(note);
  leg.packet('42["a"]');
  socket.emit("b");
  assert.deepEqual(seen, [true, true]);
});

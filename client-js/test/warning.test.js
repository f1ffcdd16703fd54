// A page that adds the same listener on each connect hears of it while it is developed.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { form } from "./support/library.js";
import { connected, open, record } from "./support/connect.js";

const isSilent = form === "min";

function warnings(t) {
  return t.mock.method(console, "warn", () => {}).mock;
}

/** A socket that has connected twice, with this listener for `connect`. */
function connectedTwice(t, onConnect) {
  const all = connected(t, { randomizationFactor: 0, autoConnect: true });
  all.socket.on("connect", () => onConnect(all.socket));
  const again = () => {
    all.network.leg().lose("transport close");
    all.clock.advance(1000);
    open(all.network).packet('40{"sid":"again"}');
  };
  again();
  again();
  again();
  return all;
}

suite(isSilent ? "the minified form says nothing of" : "a warning for", () => {
  test("the same function, added on each connect", (t) => {
    const mock = warnings(t);
    const listener = () => {};
    connectedTwice(t, (socket) => socket.on("event", listener));
    assert.equal(mock.calls.length > 0, !isSilent);
    if (!isSilent) assert.match(mock.calls[0].arguments[0], /"event".*connect/s);
  });

  test("another function with the same text", (t) => {
    const mock = warnings(t);
    connectedTwice(t, (socket) => socket.on("event", () => socket.id));
    assert.equal(mock.calls.length > 0, !isSilent);
  });
});

suite("no warning for", () => {
  for (const [name, onConnect] of Object.entries({
    "a listener that is taken off again": (socket) => socket.off("event").on("event", () => {}),
    "other listeners": (() => {
      const listeners = [() => 1, () => 2, () => 3, () => 4];
      return (socket) => socket.on("event", listeners.shift());
    })(),
    "a name of its own each time": (() => {
      let count = 0;
      return (socket) => socket.on(`event ${++count}`, () => {});
    })(),
  })) {
    test(name, (t) => {
      const mock = warnings(t);
      connectedTwice(t, onConnect);
      assert.equal(mock.calls.length, 0);
    });
  }

  test("the same listener twice outside of connect", (t) => {
    const mock = warnings(t);
    const { socket, network, clock } = connectedTwice(t, () => {});
    const listener = () => {};
    socket.on("event", listener).on("event", listener);
    const heard = record(socket, "disconnect");
    network.leg().lose("transport close");
    clock.advance(1000);
    assert.equal(heard.length, 1);
    assert.equal(mock.calls.length, 0);
  });
});

// The members of our sockets and managers are those of Socket.IO's client, so that a page moves over.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { io as stock } from "socket.io-client";
import * as stockExports from "socket.io-client";
import { io } from "./support/library.js";
import { FakeClock } from "./support/clock.js";
import { FakeNetwork } from "./support/network.js";

/** Members of theirs that ours do not have, each with the reason. Those of the emitter's inside are not named. */
const ABSENT = {
  Socket: {
    acks: "private in its types",
    flags: "private in its types",
    ids: "private in its types",
    subEvents: "private",
    packet: "private in its types",
    onopen: "private",
    onpacket: "private",
    onevent: "private",
    onack: "private",
    onconnect: "private",
    ondisconnect: "private",
    onerror: "private",
    onclose: "private",
    emitEvent: "private",
    emitBuffered: "private",
    emitReserved: "protected",
    ack: "private: the function that answers",
    destroy: "private",
    notifyOutgoingListeners: "private",
  },
  Manager: {
    encoder: "a parser of one's own is not supported",
    decoder: "a parser of one's own is not supported",
    backoff: "private: the waits are settings",
    subs: "private",
    setTimeoutFn: "private: the time comes from `clock`",
    clearTimeoutFn: "private: the time comes from `clock`",
    emitReserved: "protected",
    maybeReconnectOnOpen: "private",
    cleanup: "private",
    ondata: "private",
    ondecoded: "private",
    onopen: "private",
    onping: "private",
    onerror: "private",
    onclose: "private",
    reconnect: "private",
    onreconnect: "private",
  },
};

/** The names that can be read of an object: its own, and those of its prototypes. */
function members(object) {
  const names = new Set();
  for (let each = object; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const name of Object.getOwnPropertyNames(each)) if (!/^_|^constructor$/.test(name)) names.add(name);
  }
  return names;
}

function ours() {
  const network = new FakeNetwork();
  const socket = io("http://server.test", {
    autoConnect: false,
    transports: [network.webSocket],
    clock: new FakeClock(),
  });
  return { Socket: socket, Manager: socket.io };
}

const socket = stock("http://server.test", { autoConnect: false });
const theirs = { Socket: socket, Manager: socket.io };

for (const kind of ["Socket", "Manager"]) {
  suite(kind, () => {
    test("has their members, but for those with a reason not to", () => {
      const found = members(ours()[kind]);
      // Before a connection there is none to look at.
      found.add("engine");
      const missing = [...members(theirs[kind])].filter((name) => !found.has(name));
      assert.deepEqual(missing.sort(), Object.keys(ABSENT[kind]).sort());
    });

    test("methods are methods, and the rest is not", () => {
      const [own, other] = [ours()[kind], theirs[kind]];
      for (const name of members(other)) {
        if (name in ABSENT[kind] || name === "engine" || name === "io") continue;
        assert.equal(typeof own[name] === "function", typeof other[name] === "function", name);
      }
    });
  });
}

test("before a connection their state is the same", () => {
  const [own, other] = [ours().Socket, socket];
  for (const name of ["connected", "disconnected", "active", "recovered", "id", "nsp", "receiveBuffer", "sendBuffer"]) {
    assert.deepEqual(own[name], other[name], name);
  }
});

test("the exports have the same names", () => {
  const absent = {
    Fetch: "transports are objects here: `polling`, `webSocket`",
    NodeXHR: "transports are objects here: `polling`, `webSocket`",
    NodeWebSocket: "transports are objects here: `polling`, `webSocket`",
    XHR: "transports are objects here: `polling`, `webSocket`",
    WebSocket: "transports are objects here: `polling`, `webSocket`",
    WebTransport: "transports are objects here: `polling`, `webSocket`",
    "module.exports": "how Node imports CommonJS",
  };
  const missing = Object.keys(stockExports).filter((name) => !(name in io));
  assert.deepEqual(
    missing.filter((name) => !(name in absent)),
    [],
  );
  assert.equal(io.protocol, stockExports.protocol);
  assert.equal(io.io, io.connect);
  assert.equal(io.default, io);
  assert.equal(io.io, io);
});

suite("answers of their methods", () => {
  const [own, other] = [ours(), theirs];
  const isSame = (object, call) => call(object) === object;

  for (const [name, call] of Object.entries({
    on: (each) => each.on("x", () => {}),
    once: (each) => each.once("x", () => {}),
    off: (each) => each.off("x"),
    onAny: (each) => each.onAny(() => {}),
    offAny: (each) => each.offAny(),
    onAnyOutgoing: (each) => each.onAnyOutgoing(() => {}),
    emit: (each) => each.emit("x"),
    send: (each) => each.send("x"),
    compress: (each) => each.compress(true),
    timeout: (each) => each.timeout(1),
    volatile: (each) => each.volatile,
    disconnect: (each) => each.disconnect(),
    close: (each) => each.close(),
  })) {
    test(`${name} of a socket`, () => {
      assert.equal(isSame(own.Socket, call), isSame(other.Socket, call));
    });
  }

  test("listeners and hasListeners", () => {
    for (const { Socket } of [own, other]) {
      const listener = () => {};
      Socket.on("y", listener);
      assert.deepEqual(Socket.listeners("y"), [listener]);
      assert.equal(Socket.hasListeners("y"), true);
      assert.equal(Socket.hasListeners("z"), false);
    }
  });
});

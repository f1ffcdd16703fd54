// Who hears what, on sockets and managers alike.
import assert from "node:assert/strict";
import { test } from "node:test";
import { io } from "./support/library.js";

/** An emitter that connects to nothing. */
const emitter = () => new io.Manager("http://server.test", { autoConnect: false });

test("listeners are called in the order in which they were added, with all arguments", () => {
  const heard = [];
  const one = emitter();
  one.on("event", (...args) => heard.push(["first", ...args]));
  one.on("event", (...args) => heard.push(["second", ...args]));
  one.emit("event", 1, "two", [3]);
  assert.deepEqual(heard, [
    ["first", 1, "two", [3]],
    ["second", 1, "two", [3]],
  ]);
});

test("`this` is the emitter", () => {
  const one = emitter();
  const seen = [];
  const listener = function () {
    seen.push(this === one);
  };
  one.on("event", listener).once("event", listener).emit("event");
  assert.deepEqual(seen, [true, true]);
});

test("the methods that change something give the emitter", () => {
  const one = emitter();
  const nothing = () => {};
  for (const name of ["on", "once", "off", "addEventListener", "removeListener", "removeEventListener", "emit"]) {
    assert.equal(one[name]("event", nothing), one, name);
  }
  assert.equal(one.removeAllListeners("event"), one);
  assert.equal(one.off(), one);
});

test("once is once, also for a listener that emits the event itself", () => {
  const one = emitter();
  let calls = 0;
  one.once("event", () => {
    calls += 1;
    one.emit("event");
  });
  one.emit("event").emit("event");
  assert.equal(calls, 1);
  assert.deepEqual(one.listeners("event"), []);
});

test("off forgets one listener, also one that is called once, and one registration at a time", () => {
  const one = emitter();
  let calls = 0;
  const listener = () => (calls += 1);
  one.on("event", listener).on("event", listener).once("other", listener);
  one
    .off("event", listener)
    .off("other", listener)
    .off("event", () => {});
  one.emit("event").emit("other");
  assert.equal(calls, 1);
});

for (const name of ["off", "removeListener", "removeAllListeners", "removeEventListener"]) {
  test(`${name} forgets one, all of an event, or all`, () => {
    const one = emitter();
    const listener = () => {};
    const other = () => {};
    one.on("a", listener).on("a", other).on("a", other).on("b", listener).on("c", listener);
    one[name]("a", listener);
    assert.deepEqual(one.listeners("a"), [other, other]);
    one[name]("a");
    assert.deepEqual(one.listeners("a"), []);
    assert.equal(one.hasListeners("b"), true);
    one[name]();
    assert.equal(one.hasListeners("b"), false);
    assert.equal(one.hasListeners("c"), false);
  });
}

test("listen gives its undo, which undoes that and nothing else", () => {
  const one = emitter();
  let calls = 0;
  const listener = () => (calls += 1);
  const undo = one.listen("event", listener);
  one.emit("event");
  undo();
  one.emit("event");
  assert.equal(calls, 1);
  one.on("event", listener);
  undo();
  one.emit("event");
  assert.equal(calls, 2);
});

test("a listener may forget itself, another, and add more, while it is called", () => {
  const one = emitter();
  const heard = [];
  const last = () => heard.push("last");
  one.on("event", () => {
    heard.push("first");
    one.off("event", last);
    one.on("event", () => heard.push("added"));
  });
  one.on("event", last);
  one.emit("event");
  assert.deepEqual(heard, ["first", "last"]);
  one.emit("event");
  assert.deepEqual(heard.slice(2), ["first", "added"]);
});

for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", ""]) {
  test(`"${name}" is a name like any other`, () => {
    const one = emitter();
    assert.deepEqual(one.listeners(name), []);
    assert.equal(one.hasListeners(name), false);
    one.emit(name);
    let calls = 0;
    one.on(name, () => (calls += 1));
    one.emit(name);
    assert.equal(calls, 1);
    assert.equal(one.listeners(name).length, 1);
    one.off(name);
    assert.equal(one.hasListeners(name), false);
  });
}

test("names that nobody listens for any more take no room", () => {
  const manager = new io.Manager("http://server.test", { autoConnect: false });
  const size = () =>
    Object.values(manager).reduce((sum, value) => sum + (value && typeof value === "object" ? Object.keys(value).length : 0), 0);
  const before = size();
  for (let round = 0; round < 100; round++) {
    manager.once(`once ${round}`, () => {});
    manager.emit(`once ${round}`);
    const listener = () => {};
    manager.on(`off ${round}`, listener).off(`off ${round}`, listener);
  }
  assert.equal(size(), before);
});

// Namespaces of a server, over one connection or over several.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { io } from "./support/library.js";
import { FakeClock } from "./support/clock.js";
import { FakeNetwork } from "./support/network.js";
import { open, record } from "./support/connect.js";

let servers = 0;

/** Options for a server of its own, since connections are shared by address. */
function server(t, more = {}) {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  t.after(() => assert.deepEqual(network.faults, []));
  const uri = `http://server${++servers}.test`;
  return { uri, network, clock, options: { clock, transports: [network.webSocket], randomizationFactor: 0, ...more } };
}

suite("one connection", () => {
  test("for all namespaces of a server", (t) => {
    const { uri, network, options } = server(t);
    const main = io(uri, options);
    const admin = io(`${uri}/admin`, options);
    assert.notEqual(main, admin);
    assert.equal(main.io, admin.io);
    assert.deepEqual([main.nsp, admin.nsp], ["/", "/admin"]);
    assert.equal(network.legs.length, 1);
    const leg = open(network);
    assert.deepEqual(leg.take(), ["40", "40/admin,"]);
    leg.packet('40/admin,{"sid":"a"}');
    assert.deepEqual([main.connected, admin.connected, admin.id], [false, true, "a"]);
    leg.packet('40{"sid":"m"}');
    assert.equal(main.id, "m");
  });

  test("events, acks and ids of each are its own", (t) => {
    const { uri, network, options } = server(t);
    const main = io(uri, options);
    const admin = io(`${uri}/admin`, options);
    const leg = open(network).packet('40/admin,{"sid":"a"}', '40{"sid":"m"}');
    leg.take();
    const heard = [record(main, "e"), record(admin, "e")];
    const answers = [];
    main.emit("q", (answer) => answers.push(["main", answer]));
    admin.emit("q", (answer) => answers.push(["admin", answer]));
    assert.deepEqual(leg.take(), ['420["q"]', '42/admin,0["q"]']);
    leg.packet('43/admin,0["for admin"]', '42/admin,["e",1]', '42["e",2]', '430["for main"]');
    assert.deepEqual(answers, [
      ["admin", "for admin"],
      ["main", "for main"],
    ]);
    assert.deepEqual(heard, [[["e", 2]], [["e", 1]]]);
  });

  test("one leaves, and the others stay; the last one ends it", (t) => {
    const { uri, network, options } = server(t);
    const main = io(uri, options);
    const admin = io(`${uri}/admin`, options);
    const leg = open(network).packet('40/admin,{"sid":"a"}', '40{"sid":"m"}');
    leg.take();
    admin.disconnect();
    assert.deepEqual(leg.take(), ["41/admin,"]);
    assert.deepEqual([main.connected, admin.connected, leg.isOver], [true, false, false]);
    admin.connect();
    assert.deepEqual(leg.take(), ["40/admin,"]);
    leg.packet('40/admin,{"sid":"again"}');
    assert.equal(admin.id, "again");
    main.disconnect();
    admin.disconnect();
    assert.deepEqual(leg.take(), ["41", "41/admin,", "1"]);
    assert.ok(leg.isClosed);
  });

  test("one is refused, and the others are let in", (t) => {
    const { uri, network, options } = server(t);
    const main = io(uri, options);
    const admin = io(`${uri}/admin`, options);
    const refused = record(admin, "connect_error");
    open(network).packet('44/admin,{"message":"no"}', '40{"sid":"m"}');
    assert.equal(refused[0][1].message, "no");
    assert.deepEqual([main.connected, admin.active], [true, false]);
  });

  test("all that want to join again after it was lost", (t) => {
    const { uri, network, clock, options } = server(t);
    const main = io(uri, options);
    const admin = io(`${uri}/admin`, options);
    const left = io(`${uri}/left`, options);
    open(network).packet('40{"sid":"m"}', '40/admin,{"sid":"a"}', '40/left,{"sid":"l"}');
    left.disconnect();
    const reasons = [main, admin, left].map((socket) => record(socket, "disconnect"));
    network.leg().lose("transport close");
    assert.deepEqual(
      reasons.map((each) => each.length),
      [1, 1, 0],
    );
    clock.advance(1000);
    assert.deepEqual(open(network).take(), ["40", "40/admin,"]);
  });

  test("packets of a namespace that nobody asked for are ignored", (t) => {
    const { uri, network, options } = server(t);
    const main = io(uri, options);
    const leg = open(network).packet('40{"sid":"m"}');
    leg.packet('40/x,{"sid":"x"}', '42/x,["e"]', "43/x,0[]", "41/x,", '44/x,{"message":"no"}');
    leg.packet(
      '42/__proto__,["e"]',
      '42/constructor,["e"]',
      '451-/x,["e",{"_placeholder":true,"num":0}]',
      new ArrayBuffer(1),
    );
    assert.equal(main.connected, true);
    assert.deepEqual(Object.keys(main.io.nsps), ["/"]);
  });

  test("`__proto__` and `constructor` are namespaces like any other", (t) => {
    const { uri, network, options } = server(t);
    const sockets = ["__proto__", "constructor", "hasOwnProperty"].map((name) => io(`${uri}/${name}`, options));
    assert.equal(network.legs.length, 1);
    assert.deepEqual(open(network).take(), ["40/__proto__,", "40/constructor,", "40/hasOwnProperty,"]);
    network.leg().packet('40/__proto__,{"sid":"p"}', '40/constructor,{"sid":"c"}');
    assert.deepEqual(
      sockets.map(({ id }) => id),
      ["p", "c", undefined],
    );
  });
});

suite("connections of their own", () => {
  for (const [name, more] of [
    ["forceNew", { forceNew: true }],
    ["multiplex: false", { multiplex: false }],
  ]) {
    test(name, (t) => {
      const { uri, network, options } = server(t, more);
      const sockets = [io(uri, options), io(uri, options), io(`${uri}/other`, options)];
      assert.equal(new Set(sockets.map((socket) => socket.io)).size, 3);
      assert.equal(network.legs.length, 3);
    });
  }

  test("the same namespace a second time", (t) => {
    const { uri, network, options } = server(t);
    const [first, second] = [io(uri, options), io(uri, options)];
    assert.notEqual(first, second);
    assert.notEqual(first.io, second.io);
    assert.equal(network.legs.length, 2);
  });

  test("another path, port or scheme; not another spelling of the same", (t) => {
    const { uri, options } = server(t);
    const of = (address, nsp, more) => io(address + nsp, { ...options, ...more }).io;
    const one = of(uri, "/a");
    assert.ok(of(uri, "/b", { path: "/elsewhere" }) !== one);
    assert.ok(of(`${uri}:8080`, "/c") !== one);
    assert.ok(of(uri.replace("http", "https"), "/d") !== one);
    assert.ok(of(`${uri}:80`, "/e") === one);
    assert.ok(of(uri.replace("http", "ws"), "/f") === one);
    assert.ok(of(uri, "/g", { path: "/socket.io" }) === one);
  });
});

suite("a manager's sockets", () => {
  test("one a namespace, with options of its own", (t) => {
    const { uri, network, options } = server(t);
    const manager = new io.Manager(uri, options);
    const main = manager.socket("/", { auth: { of: "main" } });
    const other = manager.socket("/other", { auth: { of: "other" } });
    assert.equal(manager.socket("/"), main);
    assert.deepEqual(open(network).take(), ['40{"of":"main"}', '40/other,{"of":"other"}']);
    assert.equal(other.io, manager);
    assert.ok(main instanceof io.Socket);
    assert.ok(manager instanceof io.Manager);
  });

  test("one that was left is connected again when it is asked for", (t) => {
    const { uri, network, options } = server(t);
    const manager = new io.Manager(uri, options);
    const main = manager.socket("/");
    manager.socket("/other");
    const leg = open(network).packet('40{"sid":"m"}');
    main.disconnect();
    leg.take();
    assert.equal(manager.socket("/"), main);
    assert.deepEqual(leg.take(), ["40"]);
  });

  test("with autoConnect off each is connected when it is told to", (t) => {
    const { uri, network, options } = server(t, { autoConnect: false });
    const manager = new io.Manager(uri, options);
    const main = manager.socket("/");
    assert.equal(manager.socket("/"), main);
    assert.deepEqual([main.active, network.legs.length], [false, 0]);
    manager.open();
    assert.deepEqual(open(network).take(), []);
    main.connect();
    assert.deepEqual(network.leg().take(), ["40"]);
    main.connect();
    assert.deepEqual(network.leg().take(), []);
  });
});

// Managers: what they are made with, what they tell, and whose requests they make.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { io } from "./support/library.js";
import { FakeClock } from "./support/clock.js";
import { FakeNetwork } from "./support/network.js";
import { connected, handshake, open, record, start } from "./support/connect.js";

test("options have Socket.IO's defaults, except that waits are anything up to their ceiling", () => {
  const manager = new io.Manager("http://server.test", { autoConnect: false });
  assert.equal(manager.reconnection(), true);
  assert.equal(manager.reconnectionAttempts(), Infinity);
  assert.equal(manager.reconnectionDelay(), 1000);
  assert.equal(manager.reconnectionDelayMax(), 5000);
  assert.equal(manager.randomizationFactor(), undefined);
  assert.equal(manager.timeout(), 20000);
  assert.equal(manager.uri, "http://server.test");
  assert.equal(manager.opts.autoConnect, false);
});

for (const [name, value] of Object.entries({
  reconnection: false,
  reconnectionAttempts: 3,
  reconnectionDelay: 11,
  reconnectionDelayMax: 22,
  randomizationFactor: 0.25,
  timeout: false,
})) {
  test(`${name} is an option, and a method that reads and sets it`, () => {
    const by = new io.Manager("http://server.test", { autoConnect: false, [name]: value });
    assert.equal(by[name](), value);
    const manager = new io.Manager("http://server.test", { autoConnect: false });
    assert.equal(manager[name](value), manager);
    assert.equal(manager[name](), value);
  });
}

test("the methods take effect", (t) => {
  const { network, clock, manager } = start(t);
  manager.reconnectionDelay(10).reconnectionDelayMax(15).randomizationFactor(0).timeout(500).reconnectionAttempts(2);
  network.leg().lose();
  assert.deepEqual(clock.pending, [10]);
  clock.advance(10);
  clock.advance(499);
  assert.equal(network.leg().isOver, false);
  clock.advance(1);
  assert.equal(network.leg().isOver, true);
  assert.deepEqual(clock.pending, [15]);
  clock.advance(15 + 500);
  assert.deepEqual(clock.pending, []);
});

test("a parser of one's own is refused", () => {
  const refused = /parser of your own is not supported/;
  assert.throws(() => new io.Manager("http://server.test", { parser: {}, autoConnect: false }), refused);
  assert.throws(() => io("http://server.test", { parser: {}, forceNew: true }), refused);
});

test("an address that is none is an error", () => {
  for (const address of ["ftp://server.test", "http://", "http:///path"]) {
    assert.throws(() => io(address, { autoConnect: false, forceNew: true }), /not the address of a server/, address);
  }
});

test("without an address it is the page's own server; options may come first", (t) => {
  assert.throws(() => new io.Manager({ autoConnect: false }), /not the address of a server/);
  globalThis.location = { protocol: "https:", host: "page.test:8443" };
  t.after(() => delete globalThis.location);
  for (const [args, url, nsp] of [
    [[], "https://page.test:8443/socket.io/", "/"],
    [["/admin"], "https://page.test:8443/socket.io/", "/admin"],
    [["//other.test/x"], "https://other.test/socket.io/", "/x"],
    [["other.test:81"], "https://other.test:81/socket.io/", "/"],
    [["wss://other.test:443/x"], "https://other.test/socket.io/", "/x"],
    [["http://other.test:80"], "http://other.test/socket.io/", "/"],
    [["http://[::1]:3000/x"], "http://[::1]:3000/socket.io/", "/x"],
  ]) {
    const network = new FakeNetwork();
    const socket = io(...args, { transports: [network.webSocket], clock: new FakeClock(), forceNew: true });
    assert.equal(network.leg().url.split("?")[0], url);
    assert.equal(socket.nsp, nsp);
  }
});

test("it connects by itself, or when it is told to, and tells how that went", (t) => {
  const network = new FakeNetwork();
  const options = { transports: [network.webSocket], clock: new FakeClock(), reconnection: false };
  t.after(() => assert.deepEqual(network.faults, []));
  const eager = new io.Manager("http://server.test", options);
  assert.equal(network.legs.length, 1);
  eager.disconnect();
  const manager = new io.Manager("http://server.test", { ...options, autoConnect: false });
  assert.equal(network.legs.length, 1);
  const results = [];
  assert.equal(
    manager.open((error) => results.push(error?.message)),
    manager,
  );
  network.leg().lose();
  assert.deepEqual(results, ["it broke"]);
  manager.connect((error) => results.push(error?.message));
  open(network);
  assert.deepEqual(results, ["it broke", undefined]);
});

test("events of the connection", (t) => {
  const { network, manager } = start(t, { randomizationFactor: 0 });
  const heard = record(manager, "open", "ping", "close");
  const leg = open(network);
  leg.packet("2", "6", "2");
  leg.lose("transport close");
  assert.deepEqual(
    heard.map(([event, reason]) => [event, reason]),
    [
      ["open", undefined],
      ["ping", undefined],
      ["ping", undefined],
      ["close", "transport close"],
    ],
  );
});

test("disconnect takes out all sockets, and none comes back by itself", (t) => {
  const { socket, manager, leg, network, clock } = connected(t);
  const heard = record(socket, "disconnect");
  manager.disconnect();
  assert.deepEqual(leg.take(), ["1"]);
  assert.equal(heard[0][1], "forced close");
  clock.advance(100000);
  assert.equal(network.legs.length, 1);
});

suite("engine", () => {
  test("transport.name, id and readyState are what people look at", (t) => {
    const { network, manager } = start(t, { transports: ({ polling, webSocket }) => [polling, webSocket] });
    const { engine } = manager;
    assert.deepEqual([engine.transport.name, engine.readyState, engine.id], ["polling", "opening", undefined]);
    const names = [];
    engine.on("upgrade", (transport) => names.push(transport.name));
    network.leg().answer(handshake({ sid: "of the session", upgrades: ["websocket"] }));
    assert.deepEqual([engine.transport.name, engine.readyState, engine.id], ["polling", "open", "of the session"]);
    network.leg("websocket").open().packet("3probe");
    network.takePosts();
    assert.equal(engine.transport.name, "polling");
    network.leg("polling").answer("6");
    assert.deepEqual([engine.transport.name, names], ["websocket", ["websocket"]]);
    manager.disconnect();
    assert.equal(engine.readyState, "closed");
  });

  test("packets can be looked at", (t) => {
    const { manager, leg, socket } = connected(t);
    const packets = record(manager.engine, "packet", "packetCreate");
    leg.packet("2", '42["a"]');
    socket.emit("b");
    assert.deepEqual(packets, [
      ["packet", { type: "ping", data: "" }],
      ["packet", { type: "message", data: '2["a"]' }],
      ["packetCreate", { type: "message", data: '2["b"]' }],
    ]);
  });

  test("drain tells that all is on its way", (t) => {
    const { manager, network, socket } = connected(t, { transports: ({ polling }) => [polling] });
    let drained = 0;
    manager.engine.on("drain", () => (drained += 1));
    socket.emit("a");
    socket.emit("b");
    assert.equal(drained, 0);
    network.post.take();
    assert.equal(drained, 0);
    network.post.take();
    assert.equal(drained, 1);
  });

  test("closing it is a lost connection", (t) => {
    const { manager, socket, network, clock } = connected(t, { randomizationFactor: 0 });
    const heard = record(socket, "disconnect");
    manager.engine.close();
    assert.equal(heard[0][1], "forced close");
    clock.advance(1000);
    assert.equal(network.legs.length, 2);
  });
});

suite("transports", () => {
  test("what can not run here is passed over", (t) => {
    const { network } = start(t, {
      transports: (network) => [network.transport("first", true, () => false), network.transport("second", true)],
    });
    assert.equal(network.leg().transport, "second");
  });

  test("where none can run it is an error that says so, each time", (t) => {
    const { network, clock, socket } = start(t, {
      transports: (network) => [network.transport("first", true, () => false)],
      randomizationFactor: 0,
    });
    const heard = record(socket, "connect_error");
    assert.equal(heard.length, 0);
    clock.advance(0);
    assert.match(heard[0][1].message, /no(ne of the)? transports? works here/);
    clock.advance(1000);
    assert.equal(heard.length, 2);
    assert.equal(network.legs.length, 0);
    socket.disconnect();
    assert.deepEqual(clock.pending, []);
  });

  test("rememberUpgrade begins where the last session had moved to", (t) => {
    const both = { transports: ({ polling, webSocket }) => [polling, webSocket], rememberUpgrade: true };
    const { network, clock, socket } = start(t, { ...both, randomizationFactor: 0 });
    network.leg().answer(handshake({ upgrades: ["websocket"] }));
    network.leg("websocket").open().packet("3probe");
    network.takePosts();
    network.leg("polling").answer("6");
    assert.equal(socket.io.engine.transport.name, "websocket");
    network.leg("websocket").lose("transport close");
    clock.advance(1000);
    assert.equal(network.leg().transport, "websocket");
    // Where that can not connect, it is forgotten.
    network.leg().lose();
    assert.equal(network.leg().transport, "polling");
    network.leg().lose();
    clock.advance(1000);
    assert.equal(network.leg().transport, "polling");
    // A session that stays where it began is not remembered for more.
    network.leg().answer(handshake());
    network.leg().lose();
    clock.advance(1000);
    assert.deepEqual([network.leg().transport, network.leg().sid], ["polling", null]);
  });

  const three = {
    transports: (network) => [network.polling, network.transport("first", true), network.transport("second", true)],
  };

  test("where the session can not move to one, it tries the next, each once", (t) => {
    const { network, socket } = start(t, three);
    const { engine } = socket.io;
    network.leg().answer(handshake({ upgrades: ["second", "first", "unknown", "polling"] }));
    network.takePosts();
    network.leg("first").lose();
    network.leg("second").open().packet("no");
    assert.equal(network.leg("polling").isOver, false);
    assert.deepEqual(
      network.legs.map(({ transport }) => transport),
      ["polling", "first", "polling", "second"],
    );
    assert.equal(engine.transport.name, "polling");
  });

  test("a session that closes tries no other", (t) => {
    const { network, socket } = start(t, three);
    network.leg().answer(handshake({ upgrades: ["first", "second"] }));
    socket.disconnect();
    network.takePosts();
    assert.equal(network.leg("second"), undefined);
    assert.ok(network.legs.every((leg) => leg.isOver));
  });

  test("messages that were sent while moving arrive once, in order", (t) => {
    const both = { transports: ({ polling, webSocket }) => [polling, webSocket] };
    const { network, socket } = start(t, both);
    network.leg().answer(handshake({ upgrades: ["websocket"] }));
    const up = [...network.takePosts()];
    network.leg("polling").answer('40{"sid":"a"}');
    socket.emit("e", 1);
    network.leg("websocket").open().packet("3probe");
    socket.emit("e", 2);
    up.push(...network.takePosts());
    socket.emit("e", 3);
    network.leg("polling").answer("6");
    socket.emit("e", 4);
    up.push(...network.leg("websocket").take());
    assert.deepEqual(up, ["40", '42["e",1]', "2probe", "5", '42["e",2]', '42["e",3]', '42["e",4]']);
  });
});

test("a class of one's own is made of it", () => {
  class Mine extends io.Manager {
    mine() {
      return this.reconnectionDelay();
    }
  }
  const manager = new Mine("http://server.test", { autoConnect: false, reconnectionDelay: 7 });
  assert.ok(manager instanceof Mine);
  assert.equal(manager.mine(), 7);
  assert.ok(io("http://server.test", { autoConnect: false, forceNew: true }).io instanceof io.Manager);
});

test("the address has the query, where the options have none; a lone percent sign is itself", (t) => {
  const network = new FakeNetwork();
  const options = { clock: new FakeClock(), transports: [network.webSocket] };
  const manager = new io.Manager("http://server.test/?token=a%20b&rate=5%", options);
  t.after(() => manager.disconnect());
  const { searchParams } = new URL(network.leg().url);
  assert.deepEqual([searchParams.get("token"), searchParams.get("rate")], ["a b", "5%"]);
});

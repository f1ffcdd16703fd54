// A page goes away, and a server hears of it.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as bare from "./support/connect.js";
import { connected, open, record } from "./support/in-page.js";
import { io } from "./support/library.js";
import { FakeClock } from "./support/clock.js";
import { FakePage } from "./support/page.js";
import { Wire } from "./support/wire.js";

const polling = { transports: ({ polling }) => [polling] };

suite("over any transport", () => {
  test("a page that goes for good sends what is left and `1`", (t) => {
    const { network, page, socket } = connected(t, polling);
    const heard = record(socket, "disconnect");
    socket.emit("on its way");
    socket.emit("waiting", 1);
    page.leave();
    assert.deepEqual(
      network.farewells.map(({ packets }) => packets),
      [['42["waiting",1]', "1"]],
    );
    assert.match(network.farewells[0].url, /sid=session/);
    assert.ok(network.post.isBroken);
    assert.equal(heard.length, 1);
  });

  test("a page that goes into the back/forward cache keeps its session", (t) => {
    const { network, page, socket, leg } = connected(t, polling);
    page.leave(true);
    assert.deepEqual(network.farewells, []);
    assert.equal(leg.isOver, false);
    assert.equal(socket.connected, true);
  });

  test("a WebSocket is closed, which says enough", (t) => {
    const { network, page, leg } = connected(t);
    page.leave();
    assert.ok(leg.isClosed);
    assert.deepEqual([leg.take(), network.farewells], [[], []]);
  });

  test("each connection says so", (t) => {
    const { network, page } = connected(t, polling);
    const second = io(bare.SERVER, { clock: new FakeClock(), forceNew: true, transports: [network.polling] });
    network.leg().answer(bare.handshake({ sid: "second" }));
    page.leave();
    assert.equal(network.farewells.length, 2);
    second.disconnect();
  });

  test("a listener that throws does not keep it from being said", (t) => {
    const thrown = bare.catchThrown(t);
    const { network, page, socket } = connected(t, polling);
    socket.on("disconnect", () => {
      throw new Error("the page's own");
    });
    page.leave();
    assert.equal(thrown[0].message, "the page's own");
    assert.deepEqual(network.farewells.at(0)?.packets, ["1"]);
  });

  test("a page that is about to go and leaves by itself", (t) => {
    const { network, page, socket } = connected(t, polling);
    socket.disconnect();
    assert.deepEqual(network.post.packets, ["41"]);
    page.leave();
    assert.deepEqual(network.farewells.at(0)?.packets.at(-1), "1");
  });

  test("a page that comes back all the same connects again", (t) => {
    const { network, page, socket } = connected(t, polling);
    page.leave();
    page.window.fire("pageshow", { persisted: false });
    assert.equal(network.leg().sid, null);
    network.leg().answer(bare.handshake());
    network.takePosts();
    network.leg().answer('40{"sid":"back"}');
    assert.equal(socket.id, "back");
  });

  test("where there is no pagehide, unload stands for it", (t) => {
    const page = new FakePage().install(t, { onpagehide: false });
    const { network, socket } = connectedIn(t, page);
    page.window.fire("pagehide", { persisted: false });
    assert.equal(socket.connected, true);
    page.window.fire("unload");
    assert.deepEqual(network.beacons(), ["1"]);
  });
});

/** A socket over the library's own polling. */
function connectedIn(t, page, options) {
  const wire = new Wire().install(t);
  const clock = new FakeClock();
  const socket = io(bare.SERVER, { clock, forceNew: true, transports: ["polling"], ...options });
  wire.leg().answer(bare.handshake());
  wire.post.respond(200, "ok");
  wire.leg().answer('40{"sid":"a"}');
  assert.equal(socket.connected, true);
  return { network: { wire, beacons: () => page.beacons.map(({ body }) => body) }, socket, clock };
}

suite("by polling", () => {
  test("by beacon, with what is not sent", (t) => {
    const page = new FakePage().install(t);
    const { network, socket } = connectedIn(t, page);
    socket.emit("on its way");
    socket.emit("waiting");
    socket.emit("bytes", new Uint8Array([1, 2]));
    page.leave();
    assert.deepEqual(network.beacons(), [
      ['42["waiting"]', '451-["bytes",{"_placeholder":true,"num":0}]', "bAQI=", "1"].join("\x1e"),
    ]);
    assert.match(page.beacons[0].url, /^http:\/\/server\.test\/socket\.io\/\?EIO=4&transport=polling&sid=session/);
    assert.ok(!network.wire.posts.some((post) => !post.isAsync));
  });

  for (const [name, parts, options, refuses] of [
    ["where there is no sendBeacon", { sendBeacon: false }, {}, false],
    ["where a beacon is refused, as too large ones are", {}, {}, true],
    ["where a beacon can not carry the headers", {}, { extraHeaders: { "X-Token": "x" } }, false],
  ]) {
    test(`${name}, by a request that is waited for`, (t) => {
      const page = new FakePage().install(t, parts);
      page.refuses = refuses;
      const { network } = connectedIn(t, page, options);
      page.leave();
      assert.deepEqual(network.beacons(), []);
      const last = network.wire.post;
      assert.deepEqual([last.method, last.isAsync, last.body], ["POST", false, "1"]);
      assert.equal(last.headers["X-Token"], options.extraHeaders?.["X-Token"]);
      assert.equal(last.withCredentials, undefined);
    });
  }

  test("a request that is not allowed is no error", (t) => {
    const page = new FakePage().install(t, { sendBeacon: false });
    const { socket } = connectedIn(t, page);
    const heard = record(socket, "disconnect");
    t.mock.method(globalThis.XMLHttpRequest.prototype, "send", () => {
      throw new Error("not while a page goes away");
    });
    page.leave();
    assert.equal(heard.length, 1);
  });
});

test("where a window has no events, as in Node, it works without", (t) => {
  assert.equal(globalThis.addEventListener, undefined);
  const { network, socket } = bare.start(t);
  open(network).packet('40{"sid":"a"}');
  assert.equal(socket.connected, true);
});

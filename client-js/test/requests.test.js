// What the library's own transports ask of a browser: addresses, headers, cookies, frames.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { form, io } from "./support/library.js";
import { FakeClock } from "./support/clock.js";
import { handshake, record } from "./support/connect.js";
import { Wire } from "./support/wire.js";

/** A socket over the library's own transports, with its first request. */
function start(t, options, uri = "http://server.test") {
  const wire = new Wire().install(t);
  const clock = new FakeClock();
  const socket = io(uri, { clock, forceNew: true, WebSocket: wire.WebSocket, ...options });
  t.after(() => socket.disconnect());
  return { wire, clock, socket, url: new URL(wire.leg().url), request: wire.leg().request };
}

const polling = { transports: ["polling"] };
const webSocket = { transports: ["websocket"] };

suite("addresses", () => {
  test("of the handshake and of the session", (t) => {
    const { wire, url } = start(t, { transports: ["polling", "websocket"] });
    assert.equal(url.origin + url.pathname, "http://server.test/socket.io/");
    assert.deepEqual(
      [url.searchParams.get("EIO"), url.searchParams.get("transport"), url.searchParams.get("sid")],
      ["4", "polling", null],
    );
    wire.leg().answer(handshake({ upgrades: ["websocket"], sid: "of the session" }));
    const [, ws, poll] = wire.legs.map((leg) => new URL(leg.url));
    assert.equal(ws.protocol, "ws:");
    assert.deepEqual([ws.searchParams.get("transport"), ws.searchParams.get("sid")], ["websocket", "of the session"]);
    assert.equal(poll.searchParams.get("sid"), "of the session");
    assert.equal(new URL(wire.post.url).searchParams.get("sid"), "of the session");
  });

  for (const [name, options, address, uri] of [
    ["path", { path: "/other" }, "/other/"],
    ["path with a slash", { path: "/other/" }, "/other/"],
    ["no trailing slash", { path: "/other/", addTrailingSlash: false }, "/other"],
    ["a secure server", {}, "https://server.test/socket.io/", "https://server.test"],
    ["a namespace is no part of it", {}, "/socket.io/", "http://server.test/admin"],
  ]) {
    test(name, (t) => {
      const { wire, url } = start(t, { ...polling, ...options }, uri);
      assert.equal(url.origin + url.pathname, new URL(address, "http://server.test").href);
      wire.leg().answer(handshake());
      assert.equal(new URL(wire.leg().url).pathname, url.pathname);
    });
  }

  test("a secure server's WebSocket is secure", (t) => {
    assert.equal(start(t, webSocket, "https://server.test").url.protocol, "wss:");
  });

  test("two requests differ, unless that is not wanted", (t) => {
    const { wire, url } = start(t, polling);
    wire.leg().answer(handshake());
    const values = [url, new URL(wire.leg().url), new URL(wire.post.url)].map(({ searchParams }) =>
      searchParams.get("t"),
    );
    assert.equal(new Set(values).size, 3);
    assert.ok(values.every((value) => value !== null));
    assert.equal(start(t, { ...polling, timestampRequests: false }).url.searchParams.has("t"), false);
    assert.equal(start(t, { ...polling, timestampParam: "cb" }).url.searchParams.has("cb"), true);
  });
});

suite("query", () => {
  test("of the options, or of the address, in each request", (t) => {
    for (const [options, uri] of [
      [{ query: { token: "a&b=c é", empty: "", number: 7, nothing: undefined } }],
      [{}, "http://server.test/?token=a%26b%3Dc%20%C3%A9&empty=&number=7"],
    ]) {
      const { wire, url } = start(t, { ...polling, ...options }, uri);
      wire.leg().answer(handshake());
      for (const { searchParams } of [url, new URL(wire.leg().url), new URL(wire.post.url)]) {
        assert.equal(searchParams.get("token"), "a&b=c é");
        assert.deepEqual(
          [searchParams.get("empty"), searchParams.get("number"), searchParams.has("nothing")],
          ["", "7", false],
        );
      }
    }
  });

  test("the options' stands for the address's", (t) => {
    const { url } = start(t, { ...polling, query: { a: "options" } }, "http://server.test/?a=address&b=2");
    assert.deepEqual([url.searchParams.get("a"), url.searchParams.get("b")], ["options", null]);
  });

  test("it does not stand for what the protocol says", (t) => {
    const { wire } = start(t, { ...polling, query: { EIO: 3, transport: "x", sid: "mine" } });
    wire.leg().answer(handshake({ sid: "the server's" }));
    const { searchParams } = new URL(wire.leg().url);
    assert.deepEqual(
      ["EIO", "transport", "sid"].map((name) => searchParams.get(name)),
      ["4", "polling", "the server's"],
    );
  });
});

suite("requests", () => {
  test("methods, bodies and their type", (t) => {
    const { wire, request } = start(t, polling);
    assert.deepEqual([request.method, request.body, request.isAsync], ["GET", undefined, true]);
    assert.deepEqual(request.headers, {});
    wire.leg().answer(handshake());
    assert.deepEqual([wire.post.method, wire.post.body], ["POST", "40"]);
    assert.match(wire.post.headers["Content-Type"], /^text\/plain; ?charset=UTF-8$/i);
  });

  test("extraHeaders and cookies", (t) => {
    const { wire, request } = start(t, {
      ...polling,
      extraHeaders: { "X-Token": "é" },
      withCredentials: true,
    });
    wire.leg().answer(handshake());
    for (const each of [request, wire.leg().request, wire.post]) {
      assert.equal(each.headers["X-Token"], "é");
      assert.equal(each.withCredentials, true);
    }
    assert.equal(start(t, polling).request.withCredentials, false);
  });

  test("an answer that comes after a request was broken off is not heard", (t) => {
    const { wire, socket } = start(t, polling);
    const poll = wire.leg().request;
    socket.disconnect();
    const heard = record(socket, "connect", "connect_error", "disconnect");
    poll.respond(200, handshake());
    assert.deepEqual(heard, []);
    assert.equal(wire.legs.length, 1);
  });
});

suite("WebSockets", () => {
  test("their constructor, subprotocols and headers are options", (t) => {
    const { request } = start(t, { ...webSocket, protocols: ["a", "b"], extraHeaders: { "X-Token": "x" } });
    assert.deepEqual(request.rest, [["a", "b"], { headers: { "X-Token": "x" } }]);
    assert.equal(request.binaryType, "arraybuffer");
    assert.deepEqual(start(t, { ...webSocket, protocols: "a" }).request.rest[0], "a");
  });

  test("a packet is a message, in either direction", (t) => {
    const { wire, socket } = start(t, webSocket);
    wire.leg().open();
    wire.leg().packet(handshake());
    wire.leg().packet('40{"sid":"a"}');
    socket.emit("a", new Uint8Array([1]));
    const sent = wire.log.filter((each) => "packet" in each).map(({ packet }) => packet);
    assert.deepEqual(sent.slice(0, 2), ["40", '451-["a",{"_placeholder":true,"num":0}]']);
    assert.deepEqual([...new Uint8Array(sent[2])], [1]);
  });

  test("what went wrong is told", (t) => {
    const { wire, socket, clock } = start(t, { ...webSocket, randomizationFactor: 0 });
    const errors = record(socket, "connect_error");
    wire.leg().lose("transport error");
    assert.match(errors[0][1].message, /websocket error.*1006/);
    assert.deepEqual([errors[0][1].type, errors[0][1].description.type], ["TransportError", "error"]);
    clock.advance(1000);
    wire.leg().lose("transport close");
    assert.match(errors[1][1].message, /websocket/);
  });

  test("one that was closed is not heard any more", (t) => {
    const { wire, socket } = start(t, webSocket);
    const { request } = wire.leg();
    socket.disconnect();
    const heard = record(socket, "connect", "connect_error", "disconnect");
    request.onopen?.({});
    request.onmessage?.({ data: handshake() });
    request.onerror?.({});
    request.onclose?.({ code: 1006 });
    assert.deepEqual(heard, []);
  });

  test("the global one is used where none is given, and polling where there is none", (t) => {
    const wire = new Wire().install(t);
    const before = globalThis.WebSocket;
    t.after(() => {
      globalThis.WebSocket = before;
    });
    globalThis.WebSocket = wire.WebSocket;
    const options = { clock: new FakeClock(), forceNew: true, transports: ["websocket", "polling"] };
    io("http://server.test", options).disconnect();
    delete globalThis.WebSocket;
    io("http://server.test", options).disconnect();
    assert.deepEqual(
      wire.legs.map(({ transport }) => transport),
      ["websocket", "polling"],
    );
  });
});

test("a name of a transport that does not exist is passed over", (t) => {
  assert.equal(start(t, { transports: ["webtransport", "polling"] }).wire.leg().transport, "polling");
});

test("client(transports) has these transports and no others", (t) => {
  const wire = new Wire().install(t);
  const options = { clock: new FakeClock(), WebSocket: wire.WebSocket, forceNew: true };
  const only = io.client([io.webSocket]);
  only("http://server.test", options).disconnect();
  only("http://server.test", { ...options, transports: ["polling", "websocket"] }).disconnect();
  io("http://server.test", options).disconnect();
  io("http://server.test", { ...options, transports: [io.webSocket] }).disconnect();
  assert.deepEqual(
    wire.legs.map(({ transport }) => transport),
    ["websocket", "websocket", "polling", "websocket"],
  );
});

// The ES5 forms are run without the names that PhantomJS does not have, `AbortController` among them.
if (form === "source") suite("fetch, where there is no XMLHttpRequest", () => {
  /** A `fetch` that a test answers. */
  function startFetch(t, options) {
    const calls = [];
    const before = globalThis.fetch;
    globalThis.fetch = (url, init) =>
      new Promise((resolve, reject) => {
        const answer = (status, body) => resolve({ status, text: () => Promise.resolve(body) });
        calls.push({ url, init, answer, reject });
        init.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    t.after(() => {
      globalThis.fetch = before;
    });
    const socket = io("http://server.test", { clock: new FakeClock(), forceNew: true, ...polling, ...options });
    t.after(() => socket.disconnect());
    return { calls, socket };
  }

  test("asks the same, and answers the same", async (t) => {
    const { calls, socket } = startFetch(t, { extraHeaders: { "X-Token": "x" }, withCredentials: true });
    assert.deepEqual(
      [calls[0].init.method, calls[0].init.body, calls[0].init.credentials],
      ["GET", undefined, "include"],
    );
    assert.equal(calls[0].init.headers["X-Token"], "x");
    calls[0].answer(200, handshake());
    await new Promise((resolve) => socket.io.once("open", resolve));
    const post = calls.find(({ init }) => init.method === "POST");
    assert.equal(post.init.body, "40");
    assert.match(post.init.headers["Content-Type"], /^text\/plain/);
    post.answer(200, "ok");
    await new Promise((resolve) => setImmediate(resolve));
    calls.findLast(({ init }) => init.method === "GET").answer(200, '40{"sid":"a"}');
    await new Promise((resolve) => socket.once("connect", resolve));
    assert.equal(socket.id, "a");
  });

  test("tells what went wrong, its cause if there is one", async (t) => {
    const { calls, socket } = startFetch(t);
    calls[0].reject(Object.assign(new TypeError("fetch failed"), { cause: new Error("connect ECONNREFUSED") }));
    const error = await new Promise((resolve) => socket.once("connect_error", resolve));
    assert.match(error.message, /ECONNREFUSED/);
    const second = startFetch(t);
    second.calls[0].answer(502, "<html>");
    const bad = await new Promise((resolve) => second.socket.once("connect_error", resolve));
    assert.match(bad.message, /502/);
    assert.equal(bad.description, 502);
  });

  test("is broken off", (t) => {
    const { calls, socket } = startFetch(t);
    assert.equal(calls[0].init.signal.aborted, false);
    socket.disconnect();
    assert.equal(calls[0].init.signal.aborted, true);
  });
});

test("a server may say its ok as it likes", (t) => {
  const { wire, socket } = start(t, polling);
  wire.leg().answer(handshake());
  socket.emit("a");
  wire.post.respond(200, "OK");
  wire.leg().answer('40{"sid":"a"}');
  assert.equal(socket.connected, true);
});

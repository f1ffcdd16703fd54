// Servers that are none, or that go wrong: each is told to the application in words, and tried again; and
// when a real server is there, the client connects to it.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { WebSocket } from "ws";
import { elsewhere, hang, http, Impostor, polls, raw, relay, reset, webSocket } from "./support/impostor.js";
import { load } from "./support/runtimes.js";
import { Server } from "./support/server.js";

const { io } = load("encke.cjs");

const TEST_MS = 60_000;
const OPEN = '0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
const BRISK = OPEN.replace("25000", "300").replace("20000", "200");
const JOINED = '40{"sid":"def"}';
const DEEP = 100_000;
const PORTAL = "<!DOCTYPE html><html><body>Please log in to the Wi-Fi</body></html>";

let server;
before(async () => {
  server = await Server.start("encke");
});
after(() => server?.stop());

// The first connect can not succeed: `says` is in the message of each try.
function refuses(name, transport, behave, says, options) {
  test(`${transport}: ${name}`, { timeout: TEST_MS }, async (t) => {
    const { impostor, socket, told } = await begin(t, transport, behave, options);
    const first = await told.next("connect_error");
    assert.match(first.message, says);
    assert.equal(socket.active, true);
    // It tries again, and says so again.
    assert.match((await told.next("connect_error")).message, says);
    assert.ok(impostor.requests >= 2, `${impostor.requests} requests`);
    assert.equal(told.count("connect"), 0);
    impostor.become(relay(server.url));
    await told.next("connect");
    assert.equal(await socket.emitWithAck("message-with-ack", "at last"), "at last");
  });
}

// The connection is made, and then ends for this reason, with details that are like `says`.
function ends(name, transport, behave, reason, says, options) {
  test(`${transport}: ${name}`, { timeout: TEST_MS }, async (t) => {
    const { impostor, socket, told } = await begin(t, transport, behave, options);
    await told.next("connect");
    const [why, details] = await told.nextAll("disconnect");
    assert.equal(why, reason);
    if (says) assert.match(details?.message ?? "no details", says);
    assert.equal(socket.active, true);
    impostor.become(relay(server.url));
    await told.next("connect");
    assert.equal(await socket.emitWithAck("message-with-ack", "at last"), "at last");
  });
}

async function begin(t, transport, behave, options = {}) {
  const impostor = await Impostor.start(behave);
  t.after(() => impostor.stop());
  const socket = io(impostor.url, {
    path: "/relaxed",
    transports: [transport],
    WebSocket,
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
    ...options,
  });
  t.after(() => socket.io.disconnect());
  return { impostor, socket, told: new Told(socket) };
}

// What a socket tells, in order of its kind.
class Told {
  #events = { connect: [], disconnect: [], connect_error: [] };
  #taken = { connect: 0, disconnect: 0, connect_error: 0 };
  #look = () => {};

  constructor(socket) {
    for (const name of Object.keys(this.#events)) {
      socket.on(name, (...args) => {
        this.#events[name].push(args);
        this.#look();
      });
    }
  }

  count(name) {
    return this.#events[name].length;
  }

  async next(name) {
    return (await this.nextAll(name))[0];
  }

  async nextAll(name) {
    const index = this.#taken[name]++;
    while (this.#events[name].length <= index) await new Promise((resolve) => (this.#look = resolve));
    return this.#events[name][index];
  }
}

refuses("garbage instead of HTTP", "polling", raw("\0\x01garbage\r\n\r\n"), /HTTP|pars/i);
refuses("a captive portal's page", "polling", http(200, "text/html", PORTAL), /handshake.*<!DOCTYPE html>/s);
refuses("an empty answer", "polling", http(200, "text/plain", ""), /handshake/);
refuses("a 502", "polling", http(502, "text/html", "<h1>Bad Gateway</h1>"), /502.*Bad Gateway/);
refuses("a 404", "polling", http(404, "text/plain", ""), /404/);
refuses("another server's refusal", "polling", http(400, "application/json", '{"code":0,"message":"Transport unknown"}'), /400.*Transport unknown/);
refuses("truncated JSON", "polling", http(200, "text/plain", OPEN.slice(0, 40)), /handshake.*sid/);
refuses("JSON that is no handshake", "polling", http(200, "text/plain", '0{"sid":5}'), /handshake/);
refuses("a handshake of null", "polling", http(200, "text/plain", "0null"), /handshake/);
refuses("a handshake without times", "polling", http(200, "text/plain", '0{"sid":"a","pingInterval":"x","pingTimeout":-1}'), /handshake/);
refuses("not base64", "polling", http(200, "text/plain", "b\u00ff\u00ff*"), /base64|handshake/);
refuses("a redirect to a page", "polling", elsewhere(http(200, "text/html", PORTAL), http(302, "text/html", "", { headers: { Location: "/" } })), /<!DOCTYPE html>/);
refuses("a redirect to itself", "polling", http(302, "text/html", "", { headers: { Location: "/relaxed/" } }), /redirect/i);
refuses("a reset", "polling", reset, /ECONNRESET|closed|socket/);
refuses("an end in the middle of the body", "polling", http(200, "text/plain", OPEN, { length: 5000 }), /closed|terminated|error/);
refuses("silence", "polling", hang, /^timeout$/, { timeout: 100 });
refuses("silence, where requests have a limit", "polling", hang, /abort|time/i, { requestTimeout: 100 });

refuses("garbage instead of HTTP", "websocket", raw("\0\x01garbage\r\n\r\n"), /websocket error/);
refuses("a captive portal's page", "websocket", http(200, "text/html", PORTAL), /websocket error/);
refuses("a 502", "websocket", http(502, "text/html", "<h1>Bad Gateway</h1>"), /websocket error/);
refuses("a reset", "websocket", reset, /websocket error/);
refuses("silence", "websocket", hang, /^timeout$/, { timeout: 100 });
refuses("a WebSocket that is mute", "websocket", webSocket(), /^timeout$/, { timeout: 100 });
refuses("a WebSocket that says something else", "websocket", webSocket("hello"), /handshake.*hello/);
refuses("a WebSocket that begins with bytes", "websocket", webSocket(Buffer.from([1, 2])), /handshake.*binary/);
refuses("truncated JSON", "websocket", webSocket(OPEN.slice(0, 40)), /handshake.*sid/);

for (const [transport, session] of [["polling", polls], ["websocket", webSocket]]) {
  const then = (...packets) => session(OPEN, JOINED, ...packets);
  ends("an invalid packet of Socket.IO later", transport, then("42[broken"), "parse error", /\[broken/);
  ends("an event without a name", transport, then("42[{}]"), "parse error", /\[\{\}\]/);
  ends("an event with a name of the library's own", transport, then('42["connect"]'), "parse error", /connect/);
  ends("a type of Socket.IO that is none", transport, then("49"), "parse error", /9/);
  ends("an invalid packet of Engine.IO later", transport, then("x"), "parse error", /packet.*x/);
  ends("a placeholder without its attachment", transport, then('451-["a",{"_placeholder":true,"num":7}]'), "parse error", /attachment/);
  ends("text where an attachment should be", transport, then('451-["a",{"_placeholder":true,"num":0}]', '42["b"]'), "parse error", /attachment/);
  ends("more attachments than anybody needs", transport, then('459999999-["a"]'), "parse error", /attachments/);
  ends("brackets that never close", transport, then(`42["a",${"[".repeat(DEEP)}`), "parse error", /\[\[\[/);
  ends("depth that no stack can hold", transport, then(`451-["a",${"[".repeat(DEEP)}${"]".repeat(DEEP)}]`), "parse error", /\[\[\[/);
  ends("silence after the connect", transport, session(BRISK, JOINED), "ping timeout");
}
ends("an attachment that nobody announced", "polling", polls(OPEN, JOINED, "bAQID"), "parse error", /binary/);
ends("an attachment that nobody announced", "websocket", webSocket(OPEN, JOINED, Buffer.from([1])), "parse error", /binary/);
ends("not base64 later", "polling", polls(OPEN, JOINED, "b*"), "parse error", /base64/);
ends("a page later", "polling", polls(OPEN, JOINED, PORTAL), "parse error", /<!DOCTYPE html>/);

// A server that can not go on must not stop the client from going over to another transport.
test("polling is blocked, the WebSocket is not", { timeout: TEST_MS }, async (t) => {
  const real = relay(server.url);
  const portal = http(200, "text/html", PORTAL);
  const behave = (socket, head, bytes) => (/transport=websocket/.test(head) ? real : portal)(socket, head, bytes);
  const { socket, told } = await begin(t, "polling", behave, { transports: ["polling", "websocket"] });
  await told.next("connect");
  assert.equal(socket.io.engine.transport.name, "websocket");
  assert.equal(told.count("connect_error"), 0);
});

for (const [name, behave] of [
  ["is refused", http(403, "text/html", "no")],
  ["is mute", webSocket()],
  ["is closed at once", (socket, head) => { webSocket()(socket, head); socket.end(); }],
  ["says something else", webSocket("hello")],
  ["hangs", hang],
]) {
  test(`the upgrade ${name}: the session stays on polling`, { timeout: TEST_MS }, async (t) => {
    const real = relay(server.url);
    const either = (socket, head, bytes) => (/transport=websocket/.test(head) ? behave : real)(socket, head, bytes);
    const { socket, told } = await begin(t, "polling", either, { transports: ["polling", "websocket"], timeout: 500 });
    const failed = new Promise((resolve) => socket.io.once("open", () => socket.io.engine.once("upgradeError", resolve)));
    await told.next("connect");
    const session = socket.io.engine.id;
    assert.match((await failed).message, /websocket|probe/);
    assert.equal(await socket.emitWithAck("message-with-ack", "still"), "still");
    assert.equal(socket.io.engine.transport.name, "polling");
    assert.equal(socket.io.engine.id, session);
    assert.equal(told.count("disconnect"), 0);
  });
}

// Scenarios in which our sockets tell and send the same as those of Socket.IO's client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { form } from "./support/library.js";
import { compare } from "./support/stock.js";

const OWN = ["connect", "connect_error", "disconnect"];

const SCENARIOS = {
  async "events and acks"({ manager, server, hear, note }) {
    const socket = manager.socket("/");
    hear(socket, ...OWN, "a", "b");
    socket.connect();
    await server.accept('40{"sid":"s"}');
    socket.emit("x", 1, { y: [null] });
    socket.emit("ask", (...answer) => note(answer));
    socket.timeout(1e6).emit("ask", (...answer) => note(answer));
    socket.on("q", (value, answer) => answer(value, "answer"));
    await server.settle();
    await server.send('42["a",1]', '42["b"]', '430["one"]', '431["two",2]', '427["q",{"deep":1}]', "2");
  },

  async "what is sent and heard before the connect"({ manager, server, hear }) {
    const socket = manager.socket("/");
    hear(socket, ...OWN, "early");
    socket.emit("a").emit("b", 2);
    socket.volatile.emit("dropped");
    socket.connect();
    socket.emit("c");
    await server.accept('42["early",1]', '40{"sid":"s"}');
  },

  async "the server takes the socket out"({ manager, server, hear }) {
    const socket = manager.socket("/");
    hear(socket, ...OWN);
    socket.connect();
    await server.accept('40{"sid":"s"}', "41");
    socket.emit("waits");
    socket.connect();
    await server.accept('40{"sid":"t"}');
  },

  async "the application leaves"({ manager, server, hear }) {
    const socket = manager.socket("/");
    hear(socket, ...OWN);
    socket.connect();
    await server.accept('40{"sid":"s"}');
    socket.disconnect();
    socket.disconnect();
    socket.emit("waits");
    await server.settle();
    socket.connect();
    await server.accept('40{"sid":"t"}');
  },

  async "the server refuses, and then does not"({ manager, server, hear }) {
    const socket = manager.socket("/admin", { auth: { token: 1 } });
    hear(socket, ...OWN);
    socket.connect();
    await server.accept('44/admin,{"message":"no","data":{"code":7}}');
    socket.auth = (give) => give({ token: 2 });
    socket.connect();
    await server.accept('40/admin,{"sid":"s"}');
  },

  async "a connection is lost with acks open"({ manager, server, hear, note }) {
    const socket = manager.socket("/");
    hear(socket, ...OWN);
    socket.connect();
    await server.accept('40{"sid":"s"}');
    socket.emit("without", (...answer) => note(["without", ...answer]));
    socket.timeout(1e6).emit("with", (error) => note(["with", error.message]));
    // The ES5 forms are run without Promise.
    if (form === "source") socket.emitWithAck("promised").catch((error) => note(["promised", error.message]));
    await server.settle();
    await server.lose();
    socket.emit("waits", () => {});
    manager.connect();
    await server.accept("430[]", '40{"sid":"t"}');
  },

  async "namespaces share a connection"({ manager, server, hear }) {
    const sockets = ["/", "/a", "/b"].map((nsp) => manager.socket(nsp));
    for (const socket of sockets) hear(socket, ...OWN, "e");
    for (const socket of sockets) socket.connect();
    await server.accept(
      '40/a,{"sid":"a"}',
      '40{"sid":"m"}',
      '44/b,{"message":"no"}',
      '42/a,["e",1]',
      '42["e",2]',
      '42/c,["e"]',
    );
    sockets[1].disconnect();
    await server.settle();
    await server.send('42/a,["e",3]', '42["e",4]');
    sockets[1].connect();
    await server.settle();
    await server.send('40/a,{"sid":"again"}');
    await server.lose();
  },

  async junk({ manager, server, hear }) {
    const socket = manager.socket("/");
    hear(socket, ...OWN);
    for (const junk of ["4x", "42{}", '42["connect"]', '451-["a",{"_placeholder":true,"num":5}]']) {
      socket.connect();
      await server.accept('40{"sid":"s"}', junk, ...(junk.startsWith("45") ? [new ArrayBuffer(1)] : []));
    }
  },

  async bytes({ manager, server, hear }) {
    const socket = manager.socket("/");
    hear(socket, ...OWN, "a");
    socket.connect();
    await server.accept('40{"sid":"s"}', '452-["a",{"x":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]');
    await server.send(new Uint8Array([1]).buffer, new Uint8Array([2, 3]).buffer);
    socket.emit("b", new Uint8Array([4]), { deep: [new Uint8Array([5, 6])] });
  },

  async "listeners of all events"({ manager, server, note }) {
    const socket = manager.socket("/");
    socket.onAny((...event) => note(["second", ...event]));
    socket.prependAny((...event) => note(["first", ...event]));
    socket.onAnyOutgoing((...event) => note(["out", ...event]));
    socket.emit("early", 1);
    socket.connect();
    await server.accept('40{"sid":"s"}', '42["a",1]');
    socket.emit("late");
    // Theirs takes a WebSocket for busy until a moment later.
    await server.settle();
    socket.volatile.emit("light");
    socket.off();
    await server.send('42["b"]');
    socket.offAny().offAnyOutgoing();
    socket.emit("unheard");
    await server.send('42["c"]');
  },

  async "events that wait for each other"({ manager, server, note }) {
    const socket = manager.socket("/", { retries: 2, ackTimeout: 1e6 });
    socket.emit("a", (...answer) => note(answer));
    socket.connect();
    socket.emit("b", 1);
    await server.accept('40{"sid":"s"}');
    await server.send('430["yes"]');
    socket.emit("c");
    await server.settle();
    await server.lose();
    manager.connect();
    await server.accept('40{"sid":"t"}');
  },

  async "connection state recovery"({ manager, server, hear, note }) {
    const socket = manager.socket("/", { auth: { token: 1 } });
    hear(socket, ...OWN, "a");
    socket.connect();
    await server.accept('40{"sid":"s","pid":"p"}', '42["a","one"]', '42["a",2,"two"]', '421["a","not one"]');
    note(socket.recovered);
    await server.lose();
    manager.connect();
    await server.accept('40{"sid":"s","pid":"p"}');
    note(socket.recovered);
  },
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  test(name, async () => {
    const { theirs, ours } = await compare(scenario);
    assert.ok(theirs.length > 2);
    assert.deepEqual(ours, theirs);
  });
}

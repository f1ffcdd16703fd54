// Opening a namespace, being refused one, and several over one session.

import assert from "node:assert/strict";

/** Connects to `namespace` and checks everything that the server says about it. */
async function connects(bench, namespace) {
  const auth = { token: "any", nested: { list: [1, null, "ü"] } };
  const peer = await bench.open({ namespace, auth, query: { colour: "blue" } });
  assert.deepEqual(await peer.next("auth"), [auth]);
  const [{ sid, nsp, auth: seen, query }] = await peer.ask("handshake");
  assert.equal(sid, peer.socket.id);
  assert.notEqual(sid, peer.engine.id);
  assert.equal(nsp, namespace);
  assert.deepEqual(seen, auth);
  assert.equal(query.EIO, "4");
  assert.equal(query.colour, "blue");
  assert.equal(query.transport, bench.transports[0]);
  if (bench.mode === "upgrade") await peer.upgraded();
  assert.equal(peer.engine.transport.name, bench.transports.at(-1));
}

async function refused(peer) {
  peer.socket.connect();
  const [error] = await peer.next("connect_error");
  return error;
}

export default {
  "connect-default": (bench) => connects(bench, "/"),
  "connect-custom": (bench) => connects(bench, "/custom"),
  "connect-dynamic": (bench) => connects(bench, `/dynamic-${Math.floor(Math.random() * 1e9)}`),

  "connect-without-auth": async (bench) => {
    const peer = await bench.open();
    assert.deepEqual(await peer.next("auth"), [{}]);
  },

  "auth-refused-then-granted": async (bench) => {
    const root = await bench.open();
    const session = root.engine.id;
    const peer = bench.peer({ namespace: "/auth" });
    peer.socket.auth = { token: "wrong" };
    const error = await refused(peer);
    assert.equal(error.message, "not authorized");
    assert.deepEqual(error.data, { code: "E_AUTH", retry: false });
    peer.socket.auth = { token: "secret" };
    peer.socket.connect();
    await peer.next("connect");
    assert.deepEqual(await peer.next("auth"), [{ token: "secret" }]);

    // Over a session that other namespaces keep open, it is the same session that grants it.
    const lodger = await root.refusedBeside("/auth", { token: "wrong" });
    assert.equal(lodger.error.message, "not authorized");
    lodger.peer.socket.auth = { token: "secret" };
    lodger.peer.socket.connect();
    await lodger.peer.next("connect");
    assert.equal(lodger.peer.engine.id, session);
    assert.deepEqual(await root.ask("message-with-ack", "still here"), ["still here"]);
  },

  "unknown-namespace": async (bench) => {
    const error = await refused(bench.peer({ namespace: "/nowhere" }));
    assert.equal(error.message, "Invalid namespace");
    assert.equal(error.data, undefined);
    const root = await bench.open();
    const lodger = await root.refusedBeside("/dynamic-x", {});
    assert.equal(lodger.error.message, "Invalid namespace");
    assert.deepEqual(await root.ask("message-with-ack", "still here"), ["still here"]);
  },

  multiplex: async (bench) => {
    const root = await bench.open();
    const custom = await root.beside("/custom", { who: "custom" });
    const authorised = await root.beside("/auth", { token: "secret" });
    const all = [root, custom, authorised];
    assert.equal(new Set(all.map((peer) => peer.engine)).size, 1);
    assert.equal(new Set(all.map((peer) => peer.socket.id)).size, 3);
    assert.deepEqual(await custom.next("auth"), [{ who: "custom" }]);

    const room = bench.unique("room");
    for (const peer of all) assert.deepEqual(await peer.ask("join", room), ["ok"]);
    for (const peer of all) peer.emit("to-all", room, peer.socket.nsp);
    for (const peer of all) {
      assert.deepEqual(await peer.next("room-event"), [room, peer.socket.nsp]);
      assert.deepEqual(await peer.ask("message-with-ack", peer.socket.nsp), [peer.socket.nsp]);
    }
    for (const peer of all) assert.equal(peer.all("room-event").length, 1);

    custom.socket.disconnect();
    assert.deepEqual(await root.ask("message-with-ack", 1), [1]);
    assert.deepEqual(await authorised.ask("message-with-ack", 2), [2]);
  },
};

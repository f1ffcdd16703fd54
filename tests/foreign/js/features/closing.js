// Ending a namespace or a whole session, and what the server says about it afterwards.

import assert from "node:assert/strict";

/** Two namespaces over one session, the second one tracked under a label. */
async function pair(bench) {
  const root = await bench.open();
  const custom = await root.beside("/custom");
  if (bench.mode === "upgrade") await root.upgraded();
  const label = bench.unique("label");
  assert.deepEqual(await custom.ask("track", label), ["ok"]);
  assert.deepEqual(await root.ask("reason-of", label), [null]);
  return { root, custom, label };
}

export default {
  "disconnect-me-namespace": async (bench) => {
    const { root, custom, label } = await pair(bench);
    const before = custom.socket.id;
    custom.emit("disconnect-me", false);
    assert.equal((await custom.next("disconnect"))[0], "io server disconnect");
    assert.equal(await bench.reasonOf(label), "server namespace disconnect");
    assert.deepEqual(await root.ask("message-with-ack", "still here"), ["still here"]);
    const session = root.engine.id;
    custom.socket.connect();
    await custom.next("connect");
    assert.notEqual(custom.socket.id, before);
    assert.equal(custom.engine.id, session);
  },

  "disconnect-me-connection": async (bench) => {
    const { root, custom, label } = await pair(bench);
    const rootLabel = bench.unique("label");
    await root.ask("track", rootLabel);
    custom.emit("disconnect-me", true);
    for (const peer of [root, custom]) {
      assert.equal((await peer.next("disconnect"))[0], "io server disconnect");
    }
    assert.equal(await bench.reasonOf(label), "server namespace disconnect");
    assert.equal(await bench.reasonOf(rootLabel), "server namespace disconnect");
    root.socket.connect();
    await root.next("connect");
    assert.deepEqual(await root.ask("message-with-ack", "back"), ["back"]);
  },

  "client-disconnect": async (bench) => {
    const { root, custom, label } = await pair(bench);
    custom.socket.disconnect();
    assert.equal(await bench.reasonOf(label), "client namespace disconnect");
    assert.deepEqual(await root.ask("message-with-ack", "still here"), ["still here"]);

    // The last namespace takes the session along.
    const rootLabel = bench.unique("label");
    await root.ask("track", rootLabel);
    root.socket.disconnect();
    assert.equal((await root.next("disconnect"))[0], "io client disconnect");
    assert.equal(await bench.reasonOf(rootLabel), "client namespace disconnect");
  },
};

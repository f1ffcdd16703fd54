// The server's pings, on the path where they come every 300 ms.

import assert from "node:assert/strict";

const path = "/socket.io/";
const PINGS = 4;

export default {
  heartbeat: async (bench) => {
    const peer = await bench.open({ path });
    for (let ping = 0; ping < PINGS; ping += 1) await peer.pinged();
    assert.deepEqual(await peer.ask("message-with-ack", "alive"), ["alive"]);
    assert.equal(peer.all("disconnect").length, 0);
  },

  "ping-timeout": async (bench) => {
    const proxy = await bench.proxy();
    const peer = await bench.open({ path, base: proxy.url, reconnection: true });
    if (bench.mode === "upgrade") await peer.upgraded();
    const label = bench.unique("label");
    await peer.ask("track", label);
    const session = peer.engine.id;
    await peer.pinged();
    proxy.freeze();
    assert.equal((await peer.next("disconnect"))[0], "ping timeout");
    assert.equal(await bench.reasonOf(label), "ping timeout");
    await proxy.cut();
    await peer.next("connect");
    assert.notEqual(peer.engine.id, session);
    assert.deepEqual(await peer.ask("message-with-ack", "back"), ["back"]);
  },
};

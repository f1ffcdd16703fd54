// Sessions that end without a goodbye, and the client that comes back by itself.

import assert from "node:assert/strict";

/** Ends the session of a tracked socket by `end`, and checks that the client has a new one. */
async function comesBack(bench, options, end) {
  const peer = await bench.open({ reconnection: true, auth: { token: "kept" }, ...options });
  if (bench.mode === "upgrade") await peer.upgraded();
  await peer.next("auth");
  const [label, room] = [bench.unique("label"), bench.unique("room")];
  await peer.ask("track", label);
  await peer.ask("join", room);
  const before = [peer.engine.id, peer.socket.id];
  await end(peer);
  const [why] = await peer.next("disconnect");
  peer.emit("message", "written while away");
  await peer.next("connect");
  assert.notEqual(peer.engine.id, before[0]);
  assert.notEqual(peer.socket.id, before[1]);
  assert.deepEqual(await peer.next("auth"), [{ token: "kept" }]);
  assert.deepEqual(await peer.next("message-back"), ["written while away"]);
  assert.deepEqual(await peer.ask("rooms"), [[]]);
  return { why, reason: await bench.reasonOf(label) };
}

export default {
  // A packet that is none: the server has to end the session.
  "reconnect-server-close": async (bench) => {
    const { why, reason } = await comesBack(bench, {}, (peer) => peer.engine.write("nonsense"));
    assert.match(why, /^transport (close|error)$/);
    assert.equal(reason, "parse error");
  },

  "reconnect-engine-close": async (bench) => {
    const { why, reason } = await comesBack(bench, {}, (peer) => peer.engine.close());
    assert.equal(why, "forced close");
    assert.equal(reason, "transport close");
  },

  "reconnect-cut": async (bench) => {
    const proxy = await bench.proxy();
    const { why, reason } = await comesBack(bench, { base: proxy.url }, () => proxy.cut());
    assert.match(why, /^transport (close|error)$/);
    assert.match(reason, /^transport (close|error)$/);
  },
};

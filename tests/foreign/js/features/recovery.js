// Connection state recovery: a client that was cut off goes on where it was.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";

/** A socket behind a relay, and one that is not, in a namespace that nobody else is in. */
async function pair(bench) {
  const proxy = await bench.proxy();
  const options = { path: "/recovery/", namespace: `/dynamic-${randomInt(2 ** 47)}` };
  const peer = await bench.open({ ...options, base: proxy.url });
  if (bench.mode === "upgrade") await peer.upgraded();
  // The first event that it can count from.
  await peer.next("auth");
  return { proxy, peer, other: await bench.open(options) };
}

/** Ends the connection by `end`, and waits until the server knows. */
async function lose(bench, peer, end) {
  const label = bench.unique("label");
  await peer.ask("track", label);
  await end();
  await peer.next("disconnect");
  return bench.reasonOf(label);
}

async function comeBack(peer) {
  peer.socket.connect();
  await peer.next("connect");
}

/** The arguments of the next `name`, without the offset that is the last. */
async function next(peer, name) {
  const args = await peer.next(name);
  assert.equal(typeof args.pop(), "string", "an offset");
  return args;
}

export default {
  recovery: async (bench) => {
    const { proxy, peer, other } = await pair(bench);
    const { id } = peer.socket;
    const [room, foreign] = [bench.unique("room"), bench.unique("room")];
    assert.equal(peer.socket.recovered, false);
    await peer.ask("join", room);
    await peer.ask("join", foreign);
    await peer.ask("leave", foreign);
    await other.ask("join", foreign);

    const reason = await lose(bench, peer, () => proxy.cut());
    assert.match(reason, /^transport (close|error)$/);
    const bytes = Buffer.from([0, 255, 1]);
    other.emit("to-all", room, 1, { bytes, deep: [bytes] });
    other.emit("to-all", foreign, "not a room of his");
    other.emit("to-except", room, room, "without him");
    other.emit("broadcast", "two");
    other.emit("to-except", room, foreign, 3);
    await other.ask("rooms");

    await comeBack(peer);
    assert.equal(peer.socket.recovered, true);
    assert.equal(peer.socket.id, id);
    assert.deepEqual(await next(peer, "room-event"), [room, 1, { bytes, deep: [bytes] }]);
    assert.deepEqual(await next(peer, "broadcast-event"), ["two"]);
    assert.deepEqual(await next(peer, "room-event"), [room, 3]);
    assert.deepEqual(await peer.ask("rooms"), [[room]]);
    // It is a member like any other again.
    other.emit("to-all", room, 4);
    peer.emit("message", "by itself");
    assert.deepEqual(await next(peer, "room-event"), [room, 4]);
    assert.deepEqual(await next(peer, "message-back"), ["by itself"]);

    // Once more, by the client's own doing, with nothing missed.
    await lose(bench, peer, () => peer.engine.close());
    await comeBack(peer);
    assert.equal(peer.socket.recovered, true);
    assert.equal(peer.socket.id, id);
    await peer.ask("rooms");
    const counted = ["room-event", "broadcast-event", "message-back"].map((name) => peer.all(name).length);
    assert.deepEqual(counted, [3, 1, 1]);
  },

  "recovery-burst": async (bench) => {
    const { peer } = await pair(bench);
    const { id } = peer.socket;
    const ticks = Array.from({ length: 2_000 }, (_, tick) => [tick]);
    const half = new Promise((resolve) => {
      peer.socket.on("tick", (tick) => tick === ticks.length / 2 && resolve());
    });
    const reason = lose(bench, peer, async () => {
      peer.emit("burst", ticks.length);
      await half;
      // What the client has decoded and not handed over yet it would hand over once more.
      await new Promise(setImmediate);
      peer.engine.close();
    });
    assert.equal(await reason, "transport close");
    const before = peer.all("tick").length;
    await comeBack(peer);
    assert.equal(peer.socket.recovered, true);
    assert.equal(peer.socket.id, id);
    for (let count = 0; count < ticks.length; count += 1) await peer.next("tick");
    await peer.ask("rooms");
    const had = peer.all("tick").map(([tick, offset, ...rest]) => {
      assert.deepEqual([typeof offset, rest], ["string", []]);
      return [tick];
    });
    assert.deepEqual(had, ticks, `${before} before it came back`);
  },

  "recovery-not": async (bench) => {
    const ends = [
      (peer) => peer.emit("disconnect-me", false),
      (peer) => peer.emit("disconnect-me", true),
      (peer) => peer.socket.disconnect(),
    ];
    for (const end of ends) {
      const { peer } = await pair(bench);
      const { id } = peer.socket;
      await peer.ask("join", "room");
      await lose(bench, peer, () => end(peer));
      await comeBack(peer);
      assert.equal(peer.socket.recovered, false);
      assert.notEqual(peer.socket.id, id);
      assert.deepEqual(await peer.ask("rooms"), [[]]);
    }
  },
};

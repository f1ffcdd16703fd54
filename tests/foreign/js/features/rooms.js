// Rooms and broadcasts among several sockets.

import assert from "node:assert/strict";

/**
 * Four sockets: `a` and `b` in the room, `c` in the room and in the exception, `d` in neither.
 * All are in `everybody`, through which a last event shows that nothing more is on its way.
 */
async function party(bench) {
  const [a, b, c, d] = await bench.openAll(4);
  const [room, except, everybody] = ["room", "except", "everybody"].map((stem) => bench.unique(stem));
  const members = { [room]: [a, b, c], [except]: [c], [everybody]: [a, b, c, d] };
  for (const [name, peers] of Object.entries(members)) {
    for (const peer of peers) assert.deepEqual(await peer.ask("join", name), ["ok"]);
  }
  return { a, b, c, d, room, except, everybody };
}

/** Emits from `a` and checks who got what, no more and no less. */
async function reaches({ a, b, c, d, everybody }, event, expected, receivers) {
  a.emit(...event);
  a.emit("to-all", everybody, "last");
  for (const peer of [a, b, c, d]) {
    const wanted = receivers.includes(peer) ? [expected, [everybody, "last"]] : [[everybody, "last"]];
    for (const args of wanted) assert.deepEqual(await peer.next("room-event"), args);
  }
}

export default {
  rooms: async (bench) => {
    const peer = await bench.open();
    assert.deepEqual(await peer.ask("rooms"), [[]]);
    const [one, two] = [bench.unique("b"), bench.unique("a")];
    assert.deepEqual(await peer.ask("join", one), ["ok"]);
    assert.deepEqual(await peer.ask("join", two), ["ok"]);
    assert.deepEqual(await peer.ask("join", two), ["ok"]);
    assert.deepEqual(await peer.ask("rooms"), [[two, one]]);
    assert.deepEqual(await peer.ask("leave", one), ["ok"]);
    assert.deepEqual(await peer.ask("leave", "never joined"), ["ok"]);
    assert.deepEqual(await peer.ask("rooms"), [[two]]);
    peer.emit("to-all", one, "nobody");
    peer.emit("to-all", two, "me");
    assert.deepEqual(await peer.next("room-event"), [two, "me"]);
    assert.deepEqual(await peer.ask("join", "__proto__"), ["ok"]);
    assert.deepEqual(await peer.ask("rooms"), [["__proto__", two]]);
  },

  "to-others": async (bench) => {
    const all = await party(bench);
    const { a, b, c, room } = all;
    await reaches(all, ["to-others", room, "x", { y: [1] }], [room, "x", { y: [1] }], [b, c]);
    assert.deepEqual(await a.ask("leave", room), ["ok"]);
    await reaches(all, ["to-others", room], [room], [b, c]);
  },

  "to-all": async (bench) => {
    const all = await party(bench);
    const { a, b, c, room } = all;
    await reaches(all, ["to-all", room, "x", null], [room, "x", null], [a, b, c]);
    assert.deepEqual(await a.ask("leave", room), ["ok"]);
    await reaches(all, ["to-all", room, "x"], [room, "x"], [b, c]);
  },

  "to-except": async (bench) => {
    const all = await party(bench);
    const { a, b, room, except } = all;
    await reaches(all, ["to-except", room, except, "x"], [room, "x"], [a, b]);
  },

  // In a namespace of its own, since a broadcast reaches whoever else is connected.
  broadcast: async (bench) => {
    const namespace = `/dynamic-${Math.floor(Math.random() * 1e9)}`;
    const [a, b, c] = await bench.openAll(3, { namespace });
    const elsewhere = await bench.open();
    a.emit("broadcast", "x", [1]);
    for (const peer of [b, c]) assert.deepEqual(await peer.next("broadcast-event"), ["x", [1]]);
    b.emit("broadcast", "y");
    for (const peer of [a, c]) assert.deepEqual(await peer.next("broadcast-event"), ["y"]);
    assert.deepEqual(await elsewhere.ask("message-with-ack", 1), [1]);
    assert.deepEqual([a, b, c, elsewhere].map((peer) => peer.all("broadcast-event").length), [1, 1, 2, 0]);
  },
};

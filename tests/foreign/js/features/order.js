// Many events at once, all of them, in order.

import assert from "node:assert/strict";

const EVENTS = 10_000;
const ACKS = 2_000;

export default {
  burst: async (bench) => {
    const peer = await bench.open();
    const ticks = peer.each("tick", EVENTS, (index, tick) => assert.equal(tick, index));
    peer.emit("burst", EVENTS);
    await ticks;
    assert.deepEqual(await peer.ask("message-with-ack", "alive"), ["alive"]);
    assert.equal(peer.all("tick").length, EVENTS);
  },

  "pipelined-acks": async (bench) => {
    const peer = await bench.open();
    const answers = [];
    const asked = Array.from({ length: ACKS }, (_, index) =>
      peer.ask("message-with-ack", index).then((answer) => answers.push(answer)),
    );
    await Promise.all(asked);
    assert.deepEqual(answers, Array.from({ length: ACKS }, (_, index) => [index]));
  },

  // Emitted at once on connection; in the upgrade mode they cross the upgrade as it falls.
  "events-up": async (bench) => {
    const peer = await bench.open();
    const echoes = peer.each("message-back", EVENTS, (index, echo) => assert.equal(echo, index));
    for (let index = 0; index < EVENTS; index += 1) peer.emit("message", index);
    await echoes;
    assert.deepEqual(await peer.ask("message-with-ack", "alive"), ["alive"]);
    assert.equal(peer.all("message-back").length, EVENTS);
  },
};

// Events both ways while the session moves from polling to a WebSocket.

import assert from "node:assert/strict";
import { once } from "../lib/within.js";

const EVENTS = 10_000;
const HELD_BACK = 2_000;
const WINDOW = 200;

export default {
  // The WebSocket is held at the relay until the first events are back, and the last ones wait
  // for it, so that there is traffic before, during and after the upgrade.
  "upgrade-order": async (bench) => {
    const proxy = await bench.proxy();
    proxy.hold();
    const peer = await bench.open({ base: proxy.url });
    const session = peer.engine.id;
    let [sent, upgradedAt] = [0, null];
    const pump = (back) => {
      const allowed = Math.min(back + WINDOW, upgradedAt === null ? EVENTS - HELD_BACK : EVENTS);
      for (; sent < allowed; sent += 1) peer.emit("message", sent);
    };
    let back = 0;
    const echoes = peer.each("message-back", EVENTS, (index, echo) => {
      assert.equal(echo, index);
      back = index + 1;
      if (back === HELD_BACK) proxy.release();
      pump(back);
    });
    const upgrade = once(peer.engine, "upgrade").then(() => {
      upgradedAt = sent;
      pump(back);
    });
    assert.equal(peer.engine.transport.name, "polling");
    pump(0);
    await Promise.all([echoes, upgrade]);
    assert.ok(upgradedAt > HELD_BACK && upgradedAt < EVENTS, `upgraded after ${upgradedAt} events`);
    assert.equal(peer.engine.transport.name, "websocket");
    assert.equal(peer.engine.id, session);
  },
};

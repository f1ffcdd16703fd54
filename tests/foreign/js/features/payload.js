// What arguments survive the way there and back.

import assert from "node:assert/strict";
import { buffers, deep, everyByte } from "../lib/binary.js";

const values = [
  "plain",
  "",
  "Grüße, 世界, 🦀🏳️‍🌈, \u{10ffff}",
  "separators \u2028 \u2029 \x1e \x00 \x7f \ufeff",
  'quotes " and \\ and </script> and \r\n',
  0, -1, 1.5, 1e21, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER,
  true, false, null,
  [], {}, [[[]]], { "": { "": null } },
  { zebra: 1, apple: [{ "ключ": "значение" }, [null, [false]]], __proto__x: 0, constructor: "c" },
  { _placeholder: true, num: 0 },
];

export default {
  arguments: async (bench) => {
    const peer = await bench.open();
    peer.emit("message", ...values);
    const back = await peer.next("message-back");
    assert.deepEqual(back, values);
    assert.equal(JSON.stringify(back), JSON.stringify(values), "the order of keys");
    peer.emit("message");
    assert.deepEqual(await peer.next("message-back"), []);
  },

  "long-text": async (bench) => {
    const peer = await bench.open();
    const long = "é🦀".repeat(50_000);
    peer.emit("message", long);
    const back = await peer.next("message-back");
    assert.ok(back.length === 1 && back[0] === long);
    assert.deepEqual(await peer.ask("message-with-ack", "alive"), ["alive"]);
  },

  "lone-surrogates": async (bench) => {
    const peer = await bench.open();
    const broken = ["\ud800", "a\udc00b", { inside: ["\udbff!"] }, "whole 🦀"];
    peer.emit("message", ...broken);
    const back = await peer.next("message-back");
    const wellFormed = JSON.parse(JSON.stringify(broken).replace(/\\u(d[89ab]..|d[c-f]..)/g, "\ufffd"));
    const raw = JSON.stringify(back) === JSON.stringify(broken);
    assert.deepEqual(back, raw ? broken : wellFormed, "raw, or each as U+FFFD");
    assert.deepEqual(await peer.ask("message-with-ack", "alive"), ["alive"]);
  },

  "binary-flat": async (bench) => {
    const peer = await bench.open();
    peer.emit("message", everyByte);
    assert.deepEqual(buffers(await peer.next("message-back")), [everyByte]);
  },

  "binary-deep": async (bench) => {
    const [peer, other] = await bench.openAll(2);
    peer.emit("message", ...deep);
    assert.deepEqual(buffers(await peer.next("message-back")), deep);

    // The same attachments to somebody else, with text right behind them.
    const room = bench.unique("room");
    await other.ask("join", room);
    peer.emit("to-others", room, ...deep);
    peer.emit("to-others", room, "behind");
    assert.deepEqual(buffers(await other.next("room-event")), [room, ...deep]);
    assert.deepEqual(await other.next("room-event"), [room, "behind"]);
  },
};

// Acknowledgements, both ways.

import assert from "node:assert/strict";
import { buffers, deep } from "../lib/binary.js";

/** Has the server ask for an acknowledgement, and answers its question with `answer`. */
async function answered(bench, question, answer) {
  const peer = await bench.open();
  peer.socket.on("emit-with-ack", (...args) => args.pop()(...answer));
  peer.emit("emit-with-ack", ...question);
  const asked = (await peer.next("emit-with-ack")).slice(0, -1);
  assert.deepEqual(buffers(asked), question);
  assert.deepEqual(buffers(await peer.next("emit-with-ack-back")), answer);
  assert.equal(peer.all("emit-with-ack-timeout").length, 0);
}

export default {
  "ack-up": async (bench) => {
    const peer = await bench.open();
    assert.deepEqual(await peer.ask("message-with-ack"), []);
    const args = ["text", { a: [1, null] }, -2.5, [], "🦀"];
    assert.deepEqual(await peer.ask("message-with-ack", ...args), args);
  },

  "ack-up-binary": async (bench) => {
    const peer = await bench.open();
    assert.deepEqual(buffers(await peer.ask("message-with-ack", ...deep)), deep);
  },

  "ack-down": async (bench) => {
    await answered(bench, ["question", { n: 1 }], ["answer", [null], { "ü": true }]);
    await answered(bench, [], []);
  },

  "ack-down-binary": (bench) => answered(bench, deep, [...deep].reverse()),

  // The server stops waiting and says so; an answer that comes later still is ignored.
  "ack-timeout": async (bench) => {
    const peer = await bench.open();
    peer.emit("emit-with-ack", "nobody answers");
    const [, answer] = await peer.next("emit-with-ack");
    assert.deepEqual(await peer.next("emit-with-ack-timeout"), []);
    answer("too late");
    assert.deepEqual(await peer.ask("message-with-ack", "alive"), ["alive"]);
    assert.equal(peer.all("emit-with-ack-back").length, 0);
    if (!peer.socket.timeout) return;
    // `message` is never acknowledged: the client's own limit has to end the wait.
    const error = await new Promise((resolve) => peer.socket.timeout(50).emit("message", resolve));
    assert.match(String(error), /timed out/);
  },
};

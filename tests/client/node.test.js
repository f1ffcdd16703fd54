// The client in Node, against Encke and against the reference server, over each transport.
import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { forms, load, run } from "./support/runtimes.js";
import { nowhere, Server } from "./support/server.js";

const MODES = ["polling", "websocket", "upgrade"];
const TEST_MS = 300_000;
const STEP_MS = 30_000;

// What Node's engine can not do, and nothing else may be missing.
const LACKING = {
  "encke.cjs": {},
  "encke.min.js": { "binary: Buffer": "no Buffer outside of Node" },
};

// A session that outlives its connections is given up when a server says that it has none such.
async function restartResumable(running, socket, soon, id) {
  const detached = new Promise((resolve) => socket.io.engine.once("detach", resolve));
  const ended = soon("disconnect");
  await running.stop();
  assert.match(await within(detached, "detach"), /^transport (close|error)$/);
  assert.equal(socket.connected, true);
  // It may have arrived or not: who asked for an answer is told.
  const lost = assert.rejects(socket.emitWithAck("message-with-ack", "sent meanwhile"), /disconnected/);

  const back = soon("connect");
  await running.start();
  assert.equal(await within(ended, "disconnect"), "session gone");
  await within(back, "connect");
  await lost;
  assert.notEqual(socket.id, id);
  assert.equal(socket.recovered, false);
  assert.equal(await within(socket.emitWithAck("message-with-ack", "after"), "answer"), "after");
}

for (const server of ["encke", "reference"]) {
  for (const form of forms) {
    for (const mode of MODES) {
      test(`${form}, ${mode}, ${server}`, { timeout: TEST_MS }, async (t) => {
        const running = await Server.start(server);
        t.after(() => running.stop());
        const { io, features, context } = load(form);
        Object.assign(context, { io, mode, server, url: running.url, nowhere: await nowhere() });
        const lacking = {};
        for (const feature of features.of(mode)) {
          await t.test(feature.name, async () => {
            const { outcome, problem } = await run(features, feature, context);
            if (outcome === "lacking") lacking[feature.name] = problem;
            else assert.equal(outcome, "passed", problem);
          });
        }
        await t.test("lacks what it is known to lack", () => assert.deepEqual(lacking, LACKING[form]));
      });

      test(`${form}, ${mode}, ${server}: the server is restarted`, { timeout: TEST_MS }, async (t) => {
        const running = await Server.start(server);
        t.after(() => running.stop());
        const { io, context } = load(form);
        const socket = io(running.url, {
          path: "/relaxed",
          transports: mode === "upgrade" ? ["polling", "websocket"] : [mode],
          WebSocket: context.WebSocket,
          forceNew: true,
          reconnectionDelay: 20,
          reconnectionDelayMax: 200,
        });
        t.after(() => socket.io.disconnect());
        const soon = (event) => new Promise((resolve) => socket.once(event, resolve));
        await within(soon("connect"), "connect");
        const { id } = socket;

        if (server === "encke") {
          await restartResumable(running, socket, soon, id);
          return;
        }
        const ended = soon("disconnect");
        const refused = soon("connect_error");
        await running.stop();
        assert.match(await within(ended, "disconnect"), /^transport (close|error)$/);
        const answer = socket.emitWithAck("message-with-ack", "sent meanwhile");
        assert.match((await within(refused, "connect_error")).message, /ECONNREFUSED|websocket error/);
        assert.equal(socket.active, true);

        const back = soon("connect");
        await running.start();
        await within(back, "connect");
        assert.notEqual(socket.id, id);
        assert.equal(await within(answer, "answer"), "sent meanwhile");
      });
    }
  }
}

async function within(promise, what) {
  const limit = new AbortController();
  const late = once(AbortSignal.any([AbortSignal.timeout(STEP_MS), limit.signal]), "abort").then(() => {
    throw new Error(`no ${what} within ${STEP_MS} ms`);
  });
  late.catch(() => {});
  return Promise.race([promise, late]).finally(() => limit.abort());
}

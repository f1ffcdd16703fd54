// A session loses nothing through a proxy that does everything that a network and what stands in it can do,
// at random: a thousand runs; the command `chaos` has any number, or one of them again.
import assert from "node:assert/strict";
import test from "node:test";
import { again, Chaos, seeds } from "./support/chaos.js";
import { Hostile } from "./support/hostile.js";
import { Server } from "./support/server.js";

const TEST_MS = 300_000;
const RUNS = 1000;
const LANES = 50;
const SHOWN = 3;

test(`${RUNS} runs with faults at random`, { timeout: TEST_MS }, async (t) => {
  const server = await Server.start("encke");
  t.after(() => server.stop());
  const hostile = await Hostile.start();
  t.after(() => hostile.stop());
  const chaos = new Chaos(hostile, server.url);
  await chaos.run(seeds(0, RUNS), LANES);
  const { failures, faults, quiet } = chaos.tally;
  t.diagnostic(String(chaos.tally));
  for (const { seed, text, log } of failures.slice(0, SHOWN)) t.diagnostic(`seed ${seed}, ${text}\nthe proxy:\n${log.join("\n")}`);
  assert.deepEqual(failures.map(({ seed }) => `seed ${seed}, again by \`${again(seed)}\``), []);
  for (const kind in faults) assert.ok(faults[kind] > RUNS / 10, `${kind}: ${faults[kind]}`);
  assert.ok(quiet < RUNS / 20, `${quiet} runs without a fault`);
});

// A session loses nothing when a connection breaks, whatever the byte behind which it does: some of the
// positions; the command `cuts` tries all.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { modes } from "./support/conversation.js";
import { ways } from "./support/cutting-proxy.js";
import { forms, load } from "./support/runtimes.js";
import { places, Series } from "./support/series.js";
import { Server } from "./support/server.js";

const TEST_MS = 120_000;
const LANES = 4;
// Bytes between two positions. They are prime, so that no form is cut where the other is, nor twice at
// the same place of what is repeated.
const STRIDES = { "encke.cjs": 61, "encke.min.js": 67 };

let server;
before(async () => {
  server = await Server.start("encke");
});
after(() => server?.stop());

for (const form of forms) {
  for (const mode of modes) {
    test(`${form}, ${mode}: cut at every ${STRIDES[form]}th byte`, { timeout: TEST_MS }, async (t) => {
      const series = new Series(load(form).io, server, mode);
      const cuts = places(await series.measure(), ways, STRIDES[form]);
      await series.run(() => cuts.next().value, LANES);
      t.diagnostic(`${series.tried} positions, ${series.cut} cuts, the longest took ${series.slowest.ms} ms`);
      const failures = series.failures.map(({ cut, error }) => `${cut.direction} ${cut.at} ${cut.way}: ${error.message}`);
      assert.deepEqual(failures, []);
      // Where a conversation takes fewer bytes than another did, the last positions are not reached.
      assert.ok(series.cut > series.tried * 0.8, `${series.cut} cuts at ${series.tried} positions`);
    });
  }
}

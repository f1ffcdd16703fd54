// Every feature, for every client, in every mode.

import { test } from "node:test";
import { Bench } from "../lib/bench.js";
import { clients, modes } from "../lib/clients.js";
import acks from "../features/acks.js";
import closing from "../features/closing.js";
import connect from "../features/connect.js";
import heartbeat from "../features/heartbeat.js";
import order from "../features/order.js";
import payload from "../features/payload.js";
import reconnect from "../features/reconnect.js";
import recovery from "../features/recovery.js";
import rooms from "../features/rooms.js";
import upgrade from "../features/upgrade.js";

const base = process.env.ENCKE_URL;
if (!base) throw new Error("ENCKE_URL is not set: the address of a conformance server");

const rest = { ...connect, ...payload, ...acks, ...rooms, ...order, ...closing, ...reconnect };
const everywhere = { heartbeats: heartbeat, rest }[process.env.ENCKE_PART] ?? { ...rest, ...heartbeat };

for (const { name, io, recovers } of clients) {
  for (const [mode, transports] of Object.entries(modes)) {
    const features = { ...everywhere };
    if (mode === "upgrade" && everywhere !== heartbeat) Object.assign(features, upgrade);
    if (recovers && everywhere !== heartbeat) Object.assign(features, recovery);
    for (const [feature, run] of Object.entries(features)) {
      test(`${name} | ${mode} | ${feature}`, { timeout: 30_000 }, async (t) => {
        const bench = new Bench({ io, mode, transports, base });
        t.after(() => bench.close());
        await run(bench);
      });
    }
  }
}

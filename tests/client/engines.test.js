// The client in real engines: every feature in a page over each transport, and in a worker; and what only
// a page goes through: a server that is restarted, a page that goes away, freezes or comes back.
//
//   ENGINES   names, with commas between; all without it
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { launch, names } from "../browser/support/engines.js";
import { Front } from "./support/front.js";
import { Guest } from "./support/guest.js";
import { nowhere, Server } from "./support/server.js";
import { Site } from "./support/site.js";
import { Table } from "./support/table.js";
import { Witness } from "./support/witness.js";

const ENGINES = process.env.ENGINES?.split(",") ?? names;
const HAS_WORKER_TESTS = ["chromium", "firefox"];
const MODES = ["polling", "websocket", "upgrade"];
const ENGINE_MS = 1_200_000;
const PAGE_MS = 300_000;
// A page that goes away says so; its server need not wait for a heartbeat, of which the next is 25 s off.
const GONE_MS = 1_000;

// What an engine can not do; anything else that is missing is a failure.
const LACKING = { "binary: Buffer": "no Buffer outside of Node" };

let server, site, table;
before(async () => {
  server = await Server.start("encke");
  site = await Site.start();
  site.allow(server.url);
});
after(async () => {
  site?.stop();
  await server?.stop();
});

for (const name of ENGINES) {
  test(name, { timeout: ENGINE_MS }, async (t) => {
    const engine = await launch(name);
    table = new Table();
    t.after(async () => {
      console.log(table.toString());
      await engine.close();
    });
    t.diagnostic(`${name} ${engine.version}`);
    for (const form of ["encke.js", "encke.min.js"]) {
      for (const mode of MODES) await t.test(`${form}, ${mode}`, (t) => features(t, engine, form, { mode }));
    }
    if (HAS_WORKER_TESTS.includes(name)) {
      for (const mode of MODES) await t.test(`worker, ${mode}`, (t) => features(t, engine, "encke.min.js", { mode, worker: 1 }));
    }
    site.form = "encke.js";
    for (const mode of MODES) {
      const known = (what, run) =>
        t.test(`${what}, ${mode}`, async (t) => {
          const result = { name: `(${what})`, outcome: "failed", problem: "" };
          try {
            result.problem = await run(t, engine, mode);
            result.outcome = result.problem ? "lacking" : "passed";
          } finally {
            table.add(`encke.js ${mode}`, result);
          }
        });
      await known("the server is restarted", restart);
      await known("a page that is closed leaves at once", closing);
      await known("a page that is left leaves at once", leaving);
      await known("a page that is left says so", sayingSo);
      await known("a page that is left and come back to connects again", comingBack);
      if (engine.can.freeze) await known("a page that was frozen goes on", freezing);
    }
  });
}

async function features(t, engine, form, query) {
  site.form = form;
  // A new one each time: Firefox waits longer and longer before it asks the same one again.
  const closed = await nowhere();
  site.allow(closed);
  const page = await engine.open(site.page({ ...query, url: server.url, nowhere: closed }));
  t.after(() => page.close());
  page.limit = PAGE_MS;
  await page.until("results.isDone || results.errors.length > 0");
  const { list, errors, mayEval } = await page.evaluate("results");
  const lacking = {};
  for (const result of list) {
    table.add(`${query.worker ? "worker" : form} ${query.mode}`, result);
    if (result.outcome === "lacking") lacking[result.name] = result.problem;
    else await t.test(result.name, () => assert.equal(result.outcome, "passed", result.problem));
  }
  assert.deepEqual(errors, [], "uncaught exceptions");
  assert.deepEqual(lacking, LACKING, "what the engine lacks");
  assert.equal(mayEval, false, "the page's policy holds");
}

async function restart(t, engine, mode) {
  const other = await Server.start("encke");
  t.after(() => other.stop());
  site.allow(other.url);
  const guest = await Guest.enter(t, engine, site, other, mode);
  await other.stop();
  await guest.until("detach", 1);
  // Only the new server can tell that the session is gone.
  assert.equal(await guest.page.evaluate("guest.count('disconnect')"), 0);
  await other.start();
  await guest.until("disconnect session gone", 1);
  await guest.ask("message-with-ack", "sent meanwhile");
  await guest.until("connect", 2);
  await guest.answered("sent meanwhile");
  await guest.settled();
}

// Over polling behind a proxy that would not tell the server: the page has to say so itself.
async function closing(t, engine, mode) {
  const guest = await enterBehindFront(t, engine, mode);
  const witness = await Witness.beside(t, server);
  await guest.track("closed");
  await guest.page.close();
  assert.equal(await witness.reason(guest.label("closed"), GONE_MS), "transport close");
}

// To another page, in a way that the engine can not keep this one.
async function leaving(t, engine, mode) {
  const guest = await Guest.enter(t, engine, site, server, mode);
  const witness = await Witness.beside(t, server);
  await guest.track("left");
  await guest.page.evaluate("guest.willNotBeKept");
  await guest.page.goTo(site.elsewhere);
  return isGone(guest, witness, "left", /^transport (close|error)$/);
}

// As before, but behind that proxy. Most engines break a poll off before they tell the page.
async function sayingSo(t, engine, mode) {
  const guest = await enterBehindFront(t, engine, mode);
  const witness = await Witness.beside(t, server);
  await guest.track("said");
  await guest.page.evaluate("guest.willNotBeKept");
  await guest.page.goTo(site.elsewhere);
  return isGone(guest, witness, "said", /^transport close$/);
}

// Gives the reason why a page has not gone: some engines keep even one that wants to hear of its unload.
async function isGone(guest, witness, word, expected) {
  let reason;
  try {
    reason = await witness.reason(guest.label(word), GONE_MS);
  } catch (error) {
    await guest.page.back();
    if (await guest.page.evaluate("guest.count('pagehide persisted')")) return "the engine keeps the page, and its session waits";
    throw error;
  }
  assert.match(reason, expected);
}

async function enterBehindFront(t, engine, mode) {
  if (mode !== "polling") return Guest.enter(t, engine, site, server, mode);
  const front = await Front.before(t, server);
  site.allow(front.url);
  return Guest.enter(t, engine, site, front, mode);
}

// Kept in the back/forward cache or loaded anew, as the engine likes it.
async function comingBack(t, engine, mode) {
  const guest = await Guest.enter(t, engine, site, server, mode);
  await guest.page.evaluate("void (window.isKept = true)");
  await guest.page.goTo(site.elsewhere);
  await guest.page.back();
  const isKept = await guest.page.evaluate("!!window.isKept");
  t.diagnostic(isKept ? "it was kept" : "it was loaded anew");
  if (!isKept) await guest.connect(server);
  await guest.settled();
  await guest.ask("message-with-ack", "back");
  await guest.answered("back");
}

// The server takes the page's leg for dead meanwhile: on this path after half a second.
async function freezing(t, engine, mode) {
  const witness = await Witness.beside(t, server, "/socket.io");
  const guest = await Guest.enter(t, engine, site, server, mode, { path: "/socket.io" });
  await guest.page.lifecycle("frozen");
  await witness.heartbeats(5);
  await guest.page.lifecycle("active");
  await guest.ask("message-with-ack", "awake");
  await guest.answered("awake");
  assert.equal(await guest.page.evaluate("guest.count('disconnect')"), 0, "the session is the same");
}

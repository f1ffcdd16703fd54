// The client in pages of real engines while the page, its network or its server is in trouble: what it says
// and what it is told all the while arrives once and in order, both ways, and the session goes on.
//
//   ENGINES   names, with commas between; all without it
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { launch, names } from "../browser/support/engines.js";
import { Dialogue } from "./support/dialogue.js";
import { Hostile } from "./support/hostile.js";
import { Server } from "./support/server.js";
import { Site } from "./support/site.js";

const ENGINES = process.env.ENGINES?.split(",") ?? names;
const ENGINE_MS = 300_000;
// At the same time.
const MOST_PAGES = 100;

const KILLS_MS = 60_000;
const KILL_MS = 200;
const GONE_MS = 10_000;
const STOPPED_MS = 8_000;
const FROZEN_MS = 5_000;
// The clock of a page, and its view of what has come, are not those of the test.
const ALMOST = 0.9;

// A server that pings every 300 ms and waits 200 ms, so that both sides soon find a leg dead; and one of the
// usual 25 s and 20 s, where neither does.
const BRISK = "/socket.io";
const RELAXED = "/relaxed";
const BRISKLY = [
  ["polling", BRISK],
  ["websocket", BRISK],
  ["upgrade", BRISK],
];
const EVERYWHERE = [...BRISKLY, ["upgrade", RELAXED]];

// In order of time. Each `run` gives the least that the page must have noticed: for how long it heard nothing,
// and how many legs it lost.
const TROUBLES = [
  { name: `WebSockets are killed every ${KILL_MS} ms`, run: kill, where: BRISKLY.slice(1) },
  { name: "the network is gone, and nobody is told", run: goSilent, where: EVERYWHERE },
  { name: "the network is gone, and connections are refused", run: refuse, where: BRISKLY },
  { name: "the server is stopped and continued", run: stop, where: EVERYWHERE, server: "its own" },
  { name: "the page is frozen and thawed", run: freeze, where: EVERYWHERE, needs: "freeze" },
  { name: "the connections pass nothing any more", run: swallow, where: BRISKLY },
];

let site, hostile, shared;
before(async () => {
  [site, hostile, shared] = await Promise.all([Site.start(), Hostile.start(), Server.start("encke")]);
  site.form = "encke.min.js";
});
after(async () => {
  site?.stop();
  await hostile?.stop();
  await shared?.stop();
});

// Most of a page's time is waiting, so there are as many at once as two cores can have.
together("chromium", (name) => name === "chromium");
together("the other engines", (name) => name !== "chromium");

function together(what, isOne) {
  const those = ENGINES.filter(isOne);
  if (those.length === 0) return;
  test(what, { timeout: ENGINE_MS, concurrency: those.length }, async (t) => {
    await Promise.all(those.map((name) => t.test(name, { concurrency: MOST_PAGES }, (t) => allTroubles(t, name))));
  });
}

async function allTroubles(t, name) {
  const engine = await launch(name);
  t.after(() => engine.close());
  t.diagnostic(`${name} ${engine.version}`);
  // One page after the other: QtWebKit may go without a script that two ask for at the same time.
  let opened = Promise.resolve();
  const open = () => (opened = opened.catch(() => {}).then(() => engine.open(site.talker)));
  const possible = TROUBLES.filter(({ needs }) => !needs || engine.can[needs]);
  await Promise.all(
    possible.flatMap((trouble) =>
      trouble.where.map(([mode, path]) => t.test(`${mode}, ${path}: ${trouble.name}`, (t) => live(t, open, trouble, mode, path))),
    ),
  );
}

async function live(t, open, trouble, mode, path) {
  const server = trouble.server ? await Server.start("encke") : shared;
  if (trouble.server) t.after(() => server.stop());
  const proxy = await hostile.open(server.url);
  t.after(() => proxy.close());
  site.allow(proxy.url);
  const page = await open();
  t.after(() => page.close());
  const dialogue = await Dialogue.begin(t, page, { server, url: proxy.url, mode, path });
  const begun = Date.now();
  const least = await trouble.run({ server, proxy, page, dialogue, mode });
  const ended = Date.now();
  const back = await dialogue.isBack(ended);
  await dialogue.goesOn();
  const { said, silence, story } = await dialogue.isExact();
  const lost = story.filter(([at, what]) => at >= begun && what.startsWith("detach")).length;
  t.diagnostic(`${said} numbers said; ${lost} legs lost; nothing heard for ${silence} ms; as before after ${back} ms`);
  assert.ok(silence >= (least.silence ?? 0) * ALMOST, `it heard nothing for ${silence} ms at most`);
  assert.ok(lost >= (least.lost ?? 0), `it lost ${lost} legs`);
}

async function kill({ proxy, dialogue, mode }) {
  await proxy.kill(KILL_MS);
  // One that is there already would live on.
  await proxy.cut();
  await dialogue.friendGoesOn(KILLS_MS);
  await proxy.behave();
  // Firefox takes its time between two. Where there is polling, one that keeps breaking is tried ever later.
  return { lost: mode === "websocket" ? KILLS_MS / 1_000 : 5 };
}

async function goSilent({ proxy, dialogue }) {
  await proxy.pause();
  await dialogue.friendGoesOn(GONE_MS);
  await proxy.resume();
  return { silence: GONE_MS };
}

async function refuse({ proxy, dialogue }) {
  await proxy.refuse();
  await dialogue.friendGoesOn(GONE_MS);
  await proxy.resume();
  return { silence: GONE_MS, lost: 1 };
}

async function stop({ server }) {
  server.signal("SIGSTOP");
  await pause(STOPPED_MS);
  server.signal("SIGCONT");
  return { silence: STOPPED_MS };
}

// Chromium's page lifecycle.
async function freeze({ page, dialogue }) {
  await page.lifecycle("frozen");
  await dialogue.friendGoesOn(FROZEN_MS);
  await page.lifecycle("active");
  return { silence: FROZEN_MS };
}

// Those that are open; others pass.
async function swallow({ proxy, dialogue }) {
  const begun = Date.now();
  await proxy.blackHole();
  await dialogue.hasLost(1, begun);
  return { lost: 1 };
}

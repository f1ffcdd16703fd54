// An engine does not outlive who launched it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { makeFolder, Program } from "../support/drivers/program.js";
import { members } from "../support/drivers/session.js";
import { launch, names } from "../support/engines.js";

const ENGINES = new URL("../support/engines.js", import.meta.url).href;
const LIMIT_MS = 60_000;
const LOOK_MS = 20;

// Launches an engine, says which session it is, and then does nothing, or what `next` says.
const launcher = (name, next) => `
  import { launch } from ${JSON.stringify(ENGINES)};
  const browser = await launch(${JSON.stringify(name)});
  console.log(browser.session);
  setInterval(() => {}, 1000);
  ${next}
`;

async function isSoon(isSo, problem) {
  for (const end = Date.now() + LIMIT_MS; !(await isSo()); await pause(LOOK_MS)) {
    if (Date.now() > end) assert.fail(problem());
  }
}

for (const name of names) {
  for (const [how, next] of Object.entries({
    "is killed": "",
    "throws": "setTimeout(() => { throw new Error('on purpose'); }, 0);",
  })) {
    test(`${name} ends when who launched it ${how}`, { timeout: 2 * LIMIT_MS }, async () => {
      const folder = await mkdtemp(join(tmpdir(), "encke-ending-"));
      const env = { ...process.env, TMPDIR: folder };
      const child = spawn(process.execPath, ["--input-type=module", "-e", launcher(name, next)], { env, stdio: ["ignore", "pipe", "ignore"] });
      const gone = once(child, "exit");
      const [line] = await once(createInterface(child.stdout), "line");
      const session = Number(line);
      assert.ok(session > 0, line);
      if (how === "is killed") child.kill("SIGKILL");
      await gone;
      await isSoon(() => members(session, folder).length === 0, () => `left: ${members(session, folder)}`);
      // The screen of WebKitGTK has a session, and a folder, of its own.
      let left;
      await isSoon(async () => (left = await readdir(folder)).length === 0, () => `left: ${left}`);
      await rm(folder, { recursive: true });
    });
  }
}

test("a program that cannot start says so", async () => {
  const folder = makeFolder("nothing");
  const program = new Program(folder, "/nonexistent/browser", []);
  assert.match(await program.exited, /the engine ended with 127\n {2}\| .*ENOENT/);
  assert.equal(existsSync(folder), false);
});

test("an engine that is not there is named", async () => {
  await assert.rejects(launch("netscape"), /there is no engine "netscape": chromium, firefox/);
});

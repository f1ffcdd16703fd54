// Runs one engine as a session of its own and outlives whoever asked for it, so that nothing is left
// behind however that one ends: `node keeper.js FOLDER COMMAND ARGUMENT...`. The channel to it breaks
// when it is killed; then, or when the engine exits, the whole session is ended and the folder removed.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { members } from "./session.js";

const LOOK_MS = 10;
const PATIENCE_MS = 10_000;

const [folder, command, ...args] = process.argv.slice(2);
const env = { ...process.env, HOME: folder, TMPDIR: folder, XDG_RUNTIME_DIR: folder };
// `detached` makes a session. The engine gets this program's own first five files.
const engine = spawn(command, args, { detached: true, cwd: folder, env, stdio: ["inherit", "inherit", "inherit", 3, 4] });

engine.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  finish(127);
});
engine.on("exit", (code, signal) => finish(code ?? signal));
process.on("disconnect", () => finish(0));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => finish(0));
if (process.connected) process.send({ session: engine.pid });

let finishing = false;
async function finish(outcome) {
  if (finishing) return;
  finishing = true;
  const end = Date.now() + PATIENCE_MS;
  // A process can start another one while this looks, hence the repetition.
  for (let left = members(engine.pid, folder); left.length > 0 && Date.now() < end; left = members(engine.pid, folder)) {
    for (const pid of left) kill(pid);
    await pause(LOOK_MS);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  if (process.connected) process.send({ outcome }, () => process.exit());
  else process.exit();
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has gone by itself meanwhile.
  }
}

// An engine's process: its pipes, what it wrote to stderr, how it ended.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const KEEPER = fileURLToPath(new URL("keeper.js", import.meta.url));
const KEPT_LINES = 20;

// A folder for one engine's profile; whoever keeps the engine removes it.
export function makeFolder(engine) {
  return mkdtempSync(join(tmpdir(), `encke-${engine}-`));
}

export class Program {
  // The session that all of the engine's processes belong to.
  session = null;
  // The home that they all have.
  folder;
  // Resolves to a sentence when the engine is gone.
  exited;
  #child;
  #lines = [];
  #outcome = null;

  constructor(folder, command, args, env = {}) {
    this.folder = folder;
    // A session of its own: a Ctrl-C must not end the keeper before it has ended the engine.
    this.#child = spawn(process.execPath, [KEEPER, folder, command, ...args], {
      detached: true,
      env: { ...process.env, NODE_OPTIONS: "", ...env },
      stdio: ["pipe", "pipe", "pipe", "pipe", "pipe", "ipc"],
    });
    // Writing to an engine that has just died is told by its exit, not by an exception.
    for (const stream of this.#child.stdio) stream?.on("error", () => {});
    this.#child.on("message", (message) => {
      if (message.session) this.session = message.session;
      if ("outcome" in message) this.#outcome = message.outcome;
    });
    const stderr = createInterface(this.#child.stderr).on("line", (line) => {
      this.#lines.push(line);
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    });
    // Not its "close", which waits for pipes that nobody may be reading.
    this.exited = Promise.all([once(this.#child, "exit"), once(stderr, "close")]).then(() => {
      for (const stream of this.#child.stdio) stream?.destroy();
      return `the engine ended with ${this.#outcome}${this.said}`;
    });
  }

  // What it last wrote to stderr, for an error's message.
  get said() {
    return this.#lines.map((line) => `\n  | ${line}`).join("");
  }

  get input() {
    return this.#child.stdin;
  }

  get output() {
    return this.#child.stdout;
  }

  // The pipes that the engine has as files 3 and 4.
  get extra() {
    return this.#child.stdio.slice(3, 5);
  }

  // Resolves when none of its processes is left.
  async end() {
    if (this.#child.connected) this.#child.disconnect();
    await this.exited;
  }
}

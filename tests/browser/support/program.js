// An example as a process: started, stopped, started again on its port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const START_MS = 20_000;

export class Program {
  #variable;
  #child = null;
  url = null;

  // By the variable that names its program: see ../run.
  constructor(variable = "CHAT_BIN") {
    this.#variable = variable;
  }

  // Resolves when it says where it listens.
  async start(port = 0) {
    const program = process.env[this.#variable];
    if (!program) throw new Error(`${this.#variable} does not name a program`);
    const child = spawn(program, ["--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    const signal = AbortSignal.timeout(START_MS);
    const exited = once(child, "exit", { signal }).then(([code]) => {
      throw new Error(`${program} exited with ${code}`);
    });
    const [line] = await Promise.race([once(createInterface(child.stdout), "line", { signal }), exited]);
    exited.catch(() => {});
    this.url = /http:\S+/.exec(line)?.[0];
    if (!this.url) throw new Error(`no address in "${line}"`);
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  async stop(signal = "SIGTERM") {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
}

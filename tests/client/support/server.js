// A server as a process: started, stopped, started again on its port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const START_MS = 30_000;
const REFERENCE = fileURLToPath(new URL("reference.js", import.meta.url));

const COMMANDS = {
  encke() {
    const program = process.env.CONFORMANCE;
    if (!program) throw new Error("CONFORMANCE does not name the conformance server");
    return [program];
  },
  reference: () => [process.execPath, REFERENCE],
};

// However this process ends, those do not stay.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export class Server {
  url;
  #command;
  #child = null;

  // "encke" or "reference".
  constructor(name) {
    this.name = name;
    this.#command = COMMANDS[name]();
  }

  static async start(name) {
    const server = new Server(name);
    await server.start();
    return server;
  }

  // Resolves when it says where it listens: where it did before, if it ran before.
  async start() {
    const [program, ...args] = this.#command;
    const port = this.url ? new URL(this.url).port : "0";
    const child = spawn(program, [...args, "--port", port], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    running.add(child);
    const signal = AbortSignal.timeout(START_MS);
    const exited = once(child, "exit", { signal }).then(([code]) => {
      throw new Error(`the server "${this.name}" exited with ${code}`);
    });
    exited.catch(() => {});
    const [line] = await Promise.race([once(createInterface(child.stdout), "line", { signal }), exited]);
    this.url = /^listening on (http:\S+)$/.exec(line)?.[1];
    if (!this.url) throw new Error(`no address in "${line}"`);
  }

  // SIGSTOP and SIGCONT, say.
  signal(name) {
    this.#child.kill(name);
  }

  // At once, as in a crash, unless another signal is given.
  async stop(signal = "SIGKILL") {
    const child = this.#child;
    this.#child = null;
    running.delete(child);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
}

// An address where nobody listens: one that was free a moment ago.
export async function nowhere() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

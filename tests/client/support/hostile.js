// The hostile proxy as a process, with as many proxies as a test opens; tests/hostile says what it can do.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class Hostile {
  #child;
  // Who waits for the next answers, in order.
  #asked = [];
  // Why there are no more answers.
  #failure = null;
  #endNow = () => this.#child.kill("SIGKILL");

  static async start() {
    const hostile = new Hostile();
    await once(hostile.#child, "spawn");
    return hostile;
  }

  constructor() {
    const program = process.env.HOSTILE;
    if (!program) throw new Error("HOSTILE does not name the hostile proxy");
    const child = (this.#child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] }));
    // However this process ends, that one does not stay.
    process.on("exit", this.#endNow);
    // A pipe that breaks has nothing to say that the exit does not.
    child.stdin.on("error", () => {});
    createInterface(child.stdout).on("line", (line) => this.#answered(JSON.parse(line)));
    child.on("close", (code, signal) => {
      process.off("exit", this.#endNow);
      this.#failure = new Error(`the hostile proxy ended: ${signal ?? code}`);
      for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
    });
  }

  // A proxy to the server at this URL. It behaves until it is told otherwise, unless there is a `seed`;
  // the other options go with that: `rate`, `rates`, `longest_ms`, `span`, `calm_after`.
  async open(url, options = {}) {
    const { proxy, url: own } = await this.ask({ do: "open", to: url, ...options });
    return new HostileProxy(this, proxy, own);
  }

  // What the program answers to a command.
  ask(command) {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    });
  }

  // Ends every proxy.
  async stop() {
    if (this.#failure) return;
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }

  #answered({ error, ...answer }) {
    const { resolve, reject } = this.#asked.shift();
    if (error === undefined) resolve(answer);
    else reject(new Error(`the hostile proxy: ${error}`));
  }
}

class HostileProxy {
  // What stands in the server's place.
  url;
  #hostile;
  #number;

  constructor(hostile, number, url) {
    this.#hostile = hostile;
    this.#number = number;
    this.url = url;
  }

  // The network is gone: nothing passes, and nobody is told.
  pause() {
    return this.#ask("pause");
  }

  // The same, and connections are refused.
  refuse() {
    return this.#ask("refuse");
  }

  // It is back, with what was on its way.
  resume() {
    return this.#ask("resume");
  }

  // Ends what is open, by FIN.
  cut() {
    return this.#ask("cut");
  }

  // Ends what is open, by RST.
  reset() {
    return this.#ask("reset");
  }

  // What is open passes nothing on any more.
  blackHole() {
    return this.#ask("black_hole");
  }

  // Every WebSocket that opens from now on lives so many milliseconds.
  kill(after) {
    return this.#ask("kill", { after_ms: after });
  }

  // No seed counts any more, and no `kill`.
  behave() {
    return this.#ask("behave");
  }

  // How often things happened: `connections`, `requests`, `websockets`, `faults`, `by_kind` and more.
  counts() {
    return this.#ask("counts");
  }

  // What happened, a line each.
  async log() {
    return (await this.#ask("log")).log;
  }

  // Ends it, and gives its counts.
  close() {
    return this.#ask("close");
  }

  #ask(command, about = {}) {
    return this.#hostile.ask({ do: command, proxy: this.#number, ...about });
  }
}

// The engines that a small program of ours runs inside of: it takes commands and gives answers and
// reports, each as a line of JSON. What is here is the driver's side, the same for all of them.
import { createInterface } from "node:readline";
import { watch } from "../agents/watch.js";
import { Browser } from "./browser.js";
import { Page } from "./page.js";
import { Requests, within } from "./requests.js";

const LAUNCH_MS = 60_000;
const ANSWER_MS = 60_000;

export class Agent extends Browser {
  name;
  can;
  version;
  #input;
  #requests;
  #tell;
  #pages = new Map();
  #lastPage = 0;
  #closers;

  // `tell` is what a page calls, with a string, to reach the agent; `input` takes the commands; `closers`
  // end whatever else belongs to the engine.
  constructor({ name, can, program, input = program.input, tell, closers = [] }) {
    super();
    this.name = name;
    this.can = can;
    this._program = program;
    this.#input = input;
    this.#tell = tell;
    this.#closers = closers;
    this.#requests = new Requests(name);
  }

  async ready() {
    const ready = new Promise((resolve, reject) => {
      createInterface(this._program.output).on("line", (line) => {
        const message = parse(line);
        if (message.ready) resolve(message.ready);
        else this.#receive(message);
      });
      this._program.exited.then((problem) => {
        this.#requests.end(problem);
        reject(new Error(`${this.name}: launch: ${problem}`));
      });
    });
    try {
      this.version = await within(LAUNCH_MS, this.name, "launch", ready);
    } catch (error) {
      await this.close();
      throw error;
    }
    return this;
  }

  async page({ before = "" } = {}) {
    const number = ++this.#lastPage;
    const page = new AgentPage(this.name, number, this.#tell, (verb, rest) => this.#ask(verb, number, rest));
    this.#pages.set(number, page);
    await page.prepare(before);
    return page;
  }

  async close() {
    await this._program.end();
    for (const close of this.#closers) await close();
  }

  #ask(verb, page, rest) {
    return this.#requests.ask(verb, ANSWER_MS, (id) => this.#input.write(`${JSON.stringify({ ...rest, id, do: verb, page })}\n`));
  }

  #receive({ id, value, problem, page, told }) {
    if (told !== undefined) this.#pages.get(page)?._told(parse(told));
    else if (problem !== undefined) this.#requests.refuse(id, problem);
    else this.#requests.answer(id, value);
  }
}

class AgentPage extends Page {
  #number;
  #tell;
  #ask;
  #promises = new Map();
  #lastPromise = 0;
  #moved = () => {};
  #released = () => {};

  constructor(engine, number, tell, ask) {
    super(engine);
    this.#number = number;
    this.#ask = ask;
    this.#tell = `function (message) {
      var json = JSON.stringify(message).replace(/[\\u007f-\\uffff]/g, function (unit) {
        return "\\\\u" + ("000" + unit.charCodeAt(0).toString(16)).slice(-4);
      });
      ${tell}(json);
    }`;
  }

  async prepare(before) {
    await this.#ask("page", { before: `if (!window.__driven) {
      window.__driven = true;
      (${watch})(${this.#tell});
      ${before}
    }`,
    });
  }

  async _run(source) {
    const number = ++this.#lastPromise;
    const told = new Promise((resolve) => this.#promises.set(number, resolve));
    try {
      const json = await this.#ask("run", {
        source: `(function (tell) {
          var answer = ${source};
          if (typeof answer === "string") return answer;
          answer.then(function (json) { tell({ promise: ${number}, json: json }); });
          return "";
        })(${this.#tell})`,
      });
      return json === "" ? await told : json;
    } finally {
      this.#promises.delete(number);
    }
  }

  _told({ console, error, promise, json, moved, released }) {
    if (console !== undefined) this.console.push(console);
    if (error !== undefined) this.errors.push(error);
    if (moved) this.#moved();
    if (released) this.#released();
    if (promise !== undefined) this.#promises.get(promise)?.(json);
  }

  // An engine does not count a change of the fragment as a load.
  async _go(url) {
    const here = await this.evaluate("location.href");
    const [page, fragment] = url.split("#");
    if (fragment === undefined || here === url || here.split("#")[0] !== page) return this.#ask("go", { url });
    const moved = this.#nextMove();
    await this.evaluate("function (fragment) { location.hash = fragment; }", fragment);
    await moved;
  }

  async _history(step) {
    const moved = this.#nextMove();
    // Refused, it leads nowhere.
    await this.#ask("history", { step });
    await moved;
  }

  #nextMove() {
    return new Promise((resolve) => (this.#moved = resolve));
  }

  async _mouse(x, y) {
    const released = new Promise((resolve) => (this.#released = resolve));
    await this.#ask("mouse", { x, y });
    await released;
  }

  _keys(text) {
    return this.#ask("keys", { text });
  }

  _press(key) {
    return this.#ask("press", { key });
  }

  async _picture() {
    return Buffer.from(await this.#ask("picture"), "base64");
  }

  _size(width, height) {
    return this.#ask("size", { width, height });
  }

  _close() {
    return this.#ask("close");
  }
}

// A line that is no JSON is the engine's own chatter.
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { console: line };
  }
}

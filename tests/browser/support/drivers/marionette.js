// Firefox's remote protocol over TCP: each message is its length in bytes, a colon, and JSON.
import { once } from "node:events";
import { connect } from "node:net";
import { Requests } from "./requests.js";

const ANSWER_MS = 60_000;
const COMMAND = 0;

export class Marionette {
  #socket;
  #requests = new Requests("firefox");
  #queue = Promise.resolve();

  static async connect(port) {
    const marionette = new Marionette();
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.on("error", (error) => marionette.end(error.message));
    socket.on("close", () => marionette.end("the connection was closed"));
    let rest = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let colon = rest.indexOf(":"); colon >= 0; colon = rest.indexOf(":")) {
        const end = colon + 1 + Number(rest.subarray(0, colon));
        if (rest.length < end) break;
        marionette.#receive(JSON.parse(rest.subarray(colon + 1, end)));
        rest = rest.subarray(end);
      }
    });
    marionette.#socket = socket;
    return marionette;
  }

  send(command, params = {}) {
    return this.#requests.ask(command, ANSWER_MS, (id) => {
      const bytes = Buffer.from(JSON.stringify([COMMAND, id, command, params]));
      this.#socket.write(Buffer.concat([Buffer.from(`${bytes.length}:`), bytes]));
    });
  }

  // A session has one current window and one current context, so commands in a row are not
  // interrupted by another page's.
  inTurn(act) {
    const turn = this.#queue.then(act);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  // Runs a function's source with the browser's own rights, in the window that is current.
  async chrome(source, ...args) {
    await this.send("Marionette:SetContext", { value: "chrome" });
    const { value } = await this.send("WebDriver:ExecuteScript", { script: `return (${source}).apply(this, arguments);`, args, sandbox: "system" });
    return value;
  }

  end(problem) {
    this.#requests.end(problem);
    this.#socket.destroy();
  }

  // The first message greets, and answers nothing.
  #receive(message) {
    if (!Array.isArray(message)) return;
    const [, id, error, result] = message;
    if (error) this.#requests.refuse(id, error.message);
    else this.#requests.answer(id, result);
  }
}

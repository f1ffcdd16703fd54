// The Chrome DevTools Protocol over two pipes: JSON messages that end in NUL.
import { DriverError, Requests } from "./requests.js";

const ANSWER_MS = 60_000;

export class Cdp {
  #input;
  #requests = new Requests("chromium");
  #listeners = new Map();

  constructor(input, output) {
    this.#input = input;
    let rest = [];
    output.on("data", (bytes) => {
      for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0)) {
        this.#receive(JSON.parse(Buffer.concat([...rest, bytes.subarray(0, end)]).toString()));
        rest = [];
        bytes = bytes.subarray(end + 1);
      }
      if (bytes.length > 0) rest.push(bytes);
    });
  }

  send(method, params = {}, sessionId = undefined) {
    return this.#requests.ask(method, ANSWER_MS, (id) => this.#input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`));
  }

  // Everything that a session reports goes to one listener, as `(method, params)`.
  listen(sessionId, listener) {
    this.#listeners.set(sessionId, listener);
    return () => this.#listeners.delete(sessionId);
  }

  end(problem) {
    this.#requests.end(problem);
  }

  #receive({ id, error, result, method, params, sessionId }) {
    if (id === undefined) this.#listeners.get(sessionId)?.(method, params);
    else if (error) this.#requests.refuse(id, error.message);
    else this.#requests.answer(id, result);
  }
}

export function refuse(step, problem) {
  return new DriverError("chromium", step, problem);
}

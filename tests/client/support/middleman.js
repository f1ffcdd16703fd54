// A proxy that takes requests whole and passes them on, but for those with which a test has other plans.
// For polling only.
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect } from "node:net";

const SEPARATOR = "\x1e";

export class Middleman {
  url;
  // Every request, in the order in which they came.
  exchanges = [];
  #plans = [];
  #server;

  static async before(t, server) {
    const middleman = new Middleman();
    middleman.#server = createServer((from, to) => middleman.#take(server.url, from, to)).listen(0, "127.0.0.1");
    await once(middleman.#server, "listening");
    middleman.url = `http://127.0.0.1:${middleman.#server.address().port}`;
    t.after(() => {
      middleman.#server.close();
      middleman.#server.closeAllConnections();
    });
    return middleman;
  }

  // The next request that fits is left to `treat`; gives what that gives.
  onRequest(fits, treat) {
    return this.#plan({ fits: (exchange) => !exchange.answer && fits(exchange), treat });
  }

  // The next request whose answer fits, also of those that wait at the server, is left to `treat`.
  onAnswer(fits, treat) {
    return this.#plan({ fits: (exchange) => exchange.answer && fits(exchange), treat });
  }

  #plan({ fits, treat }) {
    return new Promise((resolve, reject) => {
      this.#plans.push({ fits, treat: (exchange) => Promise.resolve(treat(exchange)).then(resolve, reject) });
    });
  }

  async #take(server, from, to) {
    const chunks = [];
    from.on("error", () => {});
    to.on("error", () => {});
    for await (const chunk of from) chunks.push(chunk);
    const exchange = new Exchange(new URL(from.url, server), from, to, Buffer.concat(chunks));
    this.exchanges.push(exchange);
    if (await this.#followed(exchange)) return;
    try {
      exchange.answer = await exchange.ask();
    } catch {
      exchange.cut();
      return;
    }
    if (!(await this.#followed(exchange))) exchange.give(exchange.answer);
  }

  async #followed(exchange) {
    const index = this.#plans.findIndex(({ fits }) => fits(exchange));
    if (index < 0) return false;
    const [plan] = this.#plans.splice(index, 1);
    await plan.treat(exchange);
    return true;
  }
}

class Exchange {
  // What the server has answered, in the ordinary case.
  answer = null;
  #url;
  #from;
  #to;
  #body;

  constructor(url, from, to, body) {
    this.#url = url;
    this.#from = from;
    this.#to = to;
    this.#body = body;
    this.isPost = from.method === "POST";
    this.packets = this.isPost ? String(body).split(SEPARATOR) : [];
    this.bytes = body.length;
    for (const name of ["leg", "recv", "seq"]) this[name] = url.searchParams.has(name) ? Number(url.searchParams.get(name)) : null;
  }

  // Whether the client still waits for an answer.
  get isOpen() {
    return !this.#to.destroyed;
  }

  // Sends the request to the server; may be done more than once. Gives the answer, with its packets.
  async ask() {
    const { method, headers } = this.#from;
    const upstream = request(this.#url, { method, agent: false, headers: { ...headers, host: this.#url.host, connection: "close" } });
    this.#to.once("close", () => upstream.destroy());
    upstream.end(this.#body);
    const [answer] = await once(upstream, "response");
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    return { status: answer.statusCode, type: answer.headers["content-type"], body, packets: String(body).split(SEPARATOR) };
  }

  // Sends the half of the request, and ends the connection. Resolves when the server has, too.
  async askHalf() {
    const { method, rawHeaders } = this.#from;
    const headers = rawHeaders.map((text, index) => (index % 2 ? `${text}\r\n` : `${text}: `)).join("");
    const half = this.#body.subarray(0, this.#body.length / 2);
    const socket = connect(this.#url.port, this.#url.hostname);
    socket.resume();
    socket.end(Buffer.concat([Buffer.from(`${method} ${this.#url.pathname}${this.#url.search} HTTP/1.1\r\n${headers}\r\n`), half]));
    await once(socket, "close");
  }

  // How many messages the server says that it has, asked by a request that changes nothing.
  async count() {
    const url = new URL(this.#url);
    for (const name of ["leg", "seq"]) url.searchParams.delete(name);
    const upstream = request(url, { method: "POST", agent: false, headers: { "Content-Type": "text/plain;charset=UTF-8" } });
    upstream.end("3");
    const [answer] = await once(upstream, "response");
    const [body] = await once(answer, "data");
    return Number(/^7(\d+)$/.exec(body)[1]);
  }

  give({ status, type, body }) {
    this.#to.writeHead(status, { "Content-Type": type, "Content-Length": body.length, "Cache-Control": "no-store" });
    this.#to.end(body);
  }

  // An answer of which the half arrives.
  async giveHalf({ status, type, body }) {
    this.#to.writeHead(status, { "Content-Type": type, "Content-Length": body.length });
    await new Promise((resolve) => this.#to.write(body.subarray(0, body.length / 2), resolve));
    this.cut();
  }

  cut() {
    this.#to.destroy();
  }
}

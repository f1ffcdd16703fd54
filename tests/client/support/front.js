// A proxy before a server, of the kind that does not pass on that a client has gone: who leaves has to
// say so in a request. For polling only.
import { once } from "node:events";
import { createServer, request as ask } from "node:http";

export class Front {
  url;
  #server;

  static async before(t, server) {
    const front = new Front();
    front.#server = createServer((from, to) => forward(new URL(from.url, server.url), from, to)).listen(0, "127.0.0.1");
    await once(front.#server, "listening");
    front.url = `http://127.0.0.1:${front.#server.address().port}`;
    t.after(() => {
      front.#server.close();
      front.#server.closeAllConnections();
    });
    return front;
  }
}

function forward(url, from, to) {
  const { method, headers } = from;
  const upstream = ask(url, { method, headers: { ...headers, host: url.host } }, (answer) => {
    to.writeHead(answer.statusCode, answer.headers);
    answer.pipe(to);
  });
  upstream.on("error", () => to.destroy());
  // Neither end of an exchange hears of a client that went away.
  to.on("error", () => {});
  from.on("error", () => {});
  from.pipe(upstream);
}

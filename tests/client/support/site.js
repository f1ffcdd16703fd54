// The page's own server, under the policy that the client promises to work with.
import { once } from "node:events";
import { createServer } from "node:http";
import { bundle, featuresScript, pageFile } from "./scripts.js";

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8" };

const FILES = {
  "/page.html": () => pageFile("page.html"),
  "/page.js": () => pageFile("page.js"),
  "/worker.js": () => pageFile("worker.js"),
  "/talker.html": () => pageFile("talker.html"),
  "/talker.js": () => pageFile("talker.js"),
  "/talker-page.js": () => pageFile("talker-page.js"),
  "/elsewhere.html": () => "<!DOCTYPE html><title>Elsewhere</title>",
  "/features.js": () => featuresScript,
};

export class Site {
  url;
  // The bundle that stands at /encke.js.
  form = "encke.js";
  // Where its pages may connect to: origins.
  #reachable = new Set();
  #server = createServer((request, response) => this.#answer(new URL(request.url, "http://site").pathname, response));

  static async start() {
    const site = new Site();
    site.#server.listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    site.url = `http://127.0.0.1:${site.#server.address().port}`;
    return site;
  }

  allow(...origins) {
    for (const origin of origins) this.#reachable.add(origin).add(origin.replace(/^http/, "ws"));
  }

  page(query = {}) {
    return `${this.url}/page.html?${new URLSearchParams(query)}`;
  }

  get talker() {
    return `${this.url}/talker.html`;
  }

  get elsewhere() {
    return `${this.url}/elsewhere.html`;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(path, response) {
    const read = path === "/encke.js" ? () => bundle(this.form) : FILES[path];
    if (!read) return response.writeHead(404).end();
    response.writeHead(200, {
      "Content-Type": TYPES[path.split(".").pop()],
      "Content-Security-Policy": `script-src 'self'; connect-src ${[...this.#reachable].join(" ")}`,
      "X-Content-Type-Options": "nosniff",
      // Another form may stand there next; `no-store` would keep pages out of the back/forward cache.
      "Cache-Control": "no-cache",
    });
    response.end(read());
  }
}

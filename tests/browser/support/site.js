// A site for the drivers' own tests: a page on which each verb leaves a mark that can be read back.
import { once } from "node:events";
import { createServer } from "node:http";

// Left red, right green: a picture that cannot come out right by accident.
const PAGE = `<!doctype html>
<html><head><meta charset="utf-8"><title>Site</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { margin: 0; height: 3000px; }
  #left, #right { position: absolute; top: 0; width: 150px; height: 200px; background: rgb(200, 0, 0); }
  #right { left: 150px; background: rgb(0, 160, 0); }
  #fields { position: absolute; top: 210px; width: 300px; }
  #far { position: absolute; top: 2500px; }
  #hidden { display: none; }
  #cover, #covered { position: absolute; top: 400px; left: 0; width: 90px; height: 30px; }
</style></head><body>
<div id="left"></div><div id="right"></div>
<div id="fields">
  <button id="button">Press <b>me</b></button>
  <label for="field">A field</label><input id="field" value="old">
  <textarea id="area"></textarea>
  <a id="link" href="#part">to a part</a>
</div>
<button id="far">Far down</button><button id="hidden">Hidden</button>
<button id="covered">Covered</button><div id="cover"></div>
<script src="site.js"></script>
</body></html>`;

const SCRIPT = `
var marks = [];
function mark(id, type) {
  document.getElementById(id).addEventListener(type, function (event) {
    marks.push(id + " " + type + (event.isTrusted === undefined ? "" : " " + event.isTrusted));
  });
}
mark("button", "mousedown"); mark("button", "mouseup"); mark("button", "click"); mark("far", "click");
mark("field", "keydown"); mark("field", "input");
console.log("a line", 1, { two: 2 });
console.warn("a warning");
console.error("an error");
setTimeout(function () { throw new TypeError("nobody catches this"); }, 0);
`;

export class Site {
  url;
  #server;

  async open() {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url, "http://site");
      // As strict as a page can be served: a driver must not depend on what this forbids.
      response.setHeader("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src *");
      response.setHeader("X-Content-Type-Options", "nosniff");
      if (pathname === "/never") return;
      const [type, body] = pathname === "/site.js" ? ["text/javascript", SCRIPT] : ["text/html", PAGE];
      response.setHeader("Content-Type", `${type}; charset=utf-8`);
      response.end(body);
    });
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `http://127.0.0.1:${this.#server.address().port}/`;
  }

  close() {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

// An address that nothing listens at.
export async function deadUrl() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}/`;
}

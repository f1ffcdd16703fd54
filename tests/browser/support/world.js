// A test's surroundings: a chat program, one browser, guests; and what must not happen in any of them.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { chromium } from "playwright-core";
import { Guest } from "./guest.js";
import { Program } from "./program.js";

const TEST_MS = 60_000;
// Nothing but this machine can be reached, whatever a page tries.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-breakpad",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
});
after(() => browser?.close());

// Runs `body` with a chat program of its own. Fails also when a page logs an error or asks for
// anything from elsewhere.
export function chatTest(name, body) {
  test(name, { timeout: TEST_MS }, async (t) => {
    const world = new World();
    t.after(() => world.end());
    await world.program.start();
    await body(world);
    assert.deepEqual(world.complaints, [], "errors in a page's console");
    assert.deepEqual(world.foreign, [], "requests to elsewhere");
    assert.ok(world.requests > 0, "requests are seen at all");
  });
}

class World {
  program = new Program();
  complaints = [];
  foreign = [];
  requests = 0;
  // A test that stops the server names here what the browser then logs by itself.
  expected = /^$/;
  #contexts = [];

  async open(options = {}) {
    const { path = "/", prepare = () => {}, ...rest } = options;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...rest });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.on("console", (message) => this.#hear(message.type(), message.text()));
    page.on("pageerror", (error) => this.#hear("error", String(error)));
    page.on("request", (request) => this.#trace(request.url()));
    page.on("websocket", (socket) => this.#trace(socket.url()));
    await prepare(page);
    await page.goto(new URL(path, this.program.url).href);
    return new Guest(page);
  }

  async enter(name, options) {
    const guest = await this.open(options);
    await guest.enter(name);
    return guest;
  }

  async end() {
    await Promise.all(this.#contexts.map((context) => context.close()));
    await this.program.stop();
  }

  #hear(type, text) {
    if ((type === "error" || type === "warning") && !this.expected.test(text)) this.complaints.push(`${type}: ${text}`);
  }

  #trace(url) {
    this.requests += 1;
    if (new URL(url).host !== new URL(this.program.url).host) this.foreign.push(url);
  }
}

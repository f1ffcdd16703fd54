// A test's surroundings: a chat program, one browser, guests; and what must not happen in any of them.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { launch } from "./engines.js";
import { Guest } from "./guest.js";
import { Program } from "./program.js";

const TEST_MS = 120_000;

let browser;
before(async () => {
  browser = await launch("chromium");
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
    assert.ok(world.requests.length > 0, "requests are seen at all");
  });
}

class World {
  program = new Program();
  // A test that stops the server names here what the browser then logs by itself.
  expected = /^$/;
  #pages = [];

  // `options.before` runs in the page before its own scripts; `options.phone` makes it one.
  async open({ path = "/", before, phone = false } = {}) {
    const page = await browser.page({ apart: true, before });
    this.#pages.push(page);
    if (phone) {
      await page.viewport(390, 844, { phone });
      await page.colorScheme("dark");
    } else {
      await page.viewport(1280, 800);
    }
    await page.goTo(new URL(path, this.program.url).href);
    return new Guest(page);
  }

  async enter(name, options) {
    const guest = await this.open(options);
    await guest.enter(name);
    return guest;
  }

  async end() {
    await Promise.all(this.#pages.map((page) => page.close()));
    await this.program.stop();
  }

  get complaints() {
    const lines = this.#pages.flatMap((page) => page.console).filter((line) => /^(error|warn|assert): /.test(line));
    return [...lines, ...this.#pages.flatMap((page) => page.errors)].filter((line) => !this.expected.test(line));
  }

  get requests() {
    return this.#pages.flatMap((page) => page.requests);
  }

  get foreign() {
    return this.requests.filter((url) => new URL(url).host !== new URL(this.program.url).host);
  }
}

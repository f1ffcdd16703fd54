// Today's Blink, over the DevTools protocol on a pipe.
import { Browser } from "./browser.js";
import { Cdp } from "./cdp.js";
import { ChromiumPage } from "./chromium_page.js";
import { makeFolder, Program } from "./program.js";
import { within } from "./requests.js";

const LAUNCH_MS = 60_000;
const FLAGS = [
  "--headless",
  "--remote-debugging-pipe",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-extensions",
  "--disable-default-apps",
  "--disable-dev-shm-usage",
  "--disable-breakpad",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--force-color-profile=srgb",
  "--hide-scrollbars",
  // Nothing but this machine can be reached, whatever a page tries.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

export class Chromium extends Browser {
  name = "chromium";
  can = { promise: true, freeze: true, offline: true, phone: true, apart: true };
  version;
  #cdp;

  static async launch(options = {}) {
    const browser = new Chromium();
    const folder = makeFolder("chromium");
    const command = process.env.CHROMIUM ?? "chromium";
    const program = new Program(folder, command, [...FLAGS, ...(options.flags ?? []), `--user-data-dir=${folder}/profile`]);
    const cdp = new Cdp(...program.extra);
    program.exited.then((problem) => cdp.end(problem));
    // A trickle that nobody reads would fill the pipe.
    program.output.resume();
    browser._program = program;
    browser.#cdp = cdp;
    try {
      const { product } = await within(LAUNCH_MS, "chromium", "launch", cdp.send("Browser.getVersion"));
      browser.version = product.replace(/^.*\//, "");
    } catch (error) {
      await program.end();
      throw error;
    }
    return browser;
  }

  // A blank page. `apart` gives it cookies and storage that it shares with no other page; `before` is a
  // script to run in each of its documents before the page's own.
  async page({ apart = false, before } = {}) {
    const send = (method, params) => this.#cdp.send(method, params);
    const { browserContextId } = apart ? await send("Target.createBrowserContext") : {};
    const { targetId } = await send("Target.createTarget", { url: "about:blank", browserContextId, newWindow: true });
    const page = new ChromiumPage(this.#cdp, targetId, browserContextId);
    await page.attach(before);
    return page;
  }

  async close() {
    await this._program.end();
  }
}


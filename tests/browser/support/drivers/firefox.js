// Today's Gecko, over Marionette, with an agent of ours beside each page.
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Browser } from "./browser.js";
import { FirefoxPage } from "./firefox_page.js";
import { Marionette } from "./marionette.js";
import { makeFolder, Program } from "./program.js";
import { within } from "./requests.js";

const LAUNCH_MS = 90_000;
const MARK = "driver-told ";
const AGENT = new URL("../agents/firefox.js", import.meta.url);
const PREFERENCES = {
  "marionette.port": 0,
  "browser.dom.window.dump.enabled": true,
  // Nothing but this machine can be reached, whatever a page tries: the proxy does not exist.
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "network.proxy.no_proxies_on": "127.0.0.1, localhost",
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "app.update.enabled": false,
  "app.normandy.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage": "about:blank",
  "browser.startup.page": 0,
  "browser.newtabpage.enabled": false,
  "browser.chrome.site_icons": false,
  "browser.aboutwelcome.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "datareporting.healthreport.uploadEnabled": false,
  "extensions.update.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.server": "data:,",
  // A page stays in one process, and so beside one agent, wherever it goes.
  "fission.autostart": false,
  "fission.webContentIsolationStrategy": 0,
  "dom.ipc.processCount": 1,
  // Tests come and go faster than people, and would be taken for trackers.
  "privacy.bounceTrackingProtection.mode": 0,
};

export class Firefox extends Browser {
  name = "firefox";
  can = { promise: true };
  version;
  #marionette;
  #home;
  #pages = new Map();

  static async launch() {
    const browser = new Firefox();
    try {
      await within(LAUNCH_MS, "firefox", "launch", browser.#start());
    } catch (error) {
      await browser.close();
      throw error;
    }
    return browser;
  }

  async page({ before = "" } = {}) {
    const marionette = this.#marionette;
    const page = await marionette.inTurn(async () => {
      await marionette.send("Marionette:SetContext", { value: "content" });
      const { handle } = await marionette.send("WebDriver:NewWindow", { type: "window", focus: true });
      await marionette.send("WebDriver:SwitchToWindow", { handle });
      const browserId = await marionette.chrome(
        `function (before) {
          const browser = gBrowser.selectedBrowser;
          browser.setAttribute("driver-before", before);
          browser.messageManager.sendAsyncMessage("driver-before", before);
          return browser.browserId;
        }`,
        before,
      );
      const page = new FirefoxPage(marionette, handle, this.#home, browserId);
      this.#pages.set(browserId, page);
      return page;
    });
    await page.viewport(1280, 800);
    return page;
  }

  async close() {
    await this._program.end();
  }

  async #start() {
    const folder = makeFolder("firefox");
    const profile = join(folder, "profile");
    mkdirSync(profile);
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
    writeFileSync(join(profile, "user.js"), lines.join(""));
    const command = process.env.FIREFOX ?? "firefox-esr";
    const args = ["--headless", "--marionette", "-remote-allow-system-access", "--no-remote", "--profile", profile];
    const env = { DBUS_SESSION_BUS_ADDRESS: "disabled:", NO_AT_BRIDGE: "1", MOZ_HEADLESS_WIDTH: "1400", MOZ_HEADLESS_HEIGHT: "1000" };
    this._program = new Program(folder, command, args, env);
    createInterface(this._program.output).on("line", (line) => this.#hear(line));
    const gone = this._program.exited.then((problem) => {
      this.#marionette?.end(problem);
      for (const page of this.#pages.values()) page._end(problem);
      throw new Error(`firefox: launch: ${problem}`);
    });
    gone.catch(() => {});
    const port = await Promise.race([written(join(profile, "MarionetteActivePort")), gone]);
    this.#marionette = await Marionette.connect(port);
    const { capabilities } = await this.#marionette.send("WebDriver:NewSession", { capabilities: { alwaysMatch: { unhandledPromptBehavior: "accept" } } });
    this.version = capabilities.browserVersion;
    this.#home = await this.#marionette.send("WebDriver:GetWindowHandle").then(({ value }) => value);
    await this.#marionette.chrome(
      `function (agent, mark) {
        Services.mm.addMessageListener("driver-told", ({ target, data }) => dump(mark + target.browserId + " " + data + "\\n"));
        Services.mm.addMessageListener("driver-before", ({ target }) => target.getAttribute("driver-before") ?? "");
        Services.mm.loadFrameScript("data:application/javascript;charset=utf-8," + encodeURIComponent(agent), true);
      }`,
      readFileSync(AGENT, "utf8"),
      MARK,
    );
  }

  #hear(line) {
    if (!line.startsWith(MARK)) return;
    const [, id, json] = /^(\d+) (.*)$/s.exec(line.slice(MARK.length));
    this.#pages.get(Number(id))?._told(JSON.parse(json));
  }
}

// What a file says once there is something in it.
function written(file) {
  const read = () => (existsSync(file) ? readFileSync(file, "utf8").trim() : "");
  return new Promise((resolve) => {
    const watcher = watch(join(file, ".."), look);
    function look() {
      const text = read();
      if (!text) return;
      watcher.close();
      resolve(text);
    }
    look();
  });
}

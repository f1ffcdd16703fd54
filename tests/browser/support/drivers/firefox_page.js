// A window of Firefox: what is done to it, and what the agent beside it reports.
import { Page } from "./page.js";
import { DriverError, Requests } from "./requests.js";

const ANSWER_MS = 60_000;
// The private characters that WebDriver gives to keys.
const KEYS = { Enter: "\ue006", Escape: "\ue00c", Tab: "\ue004", Backspace: "\ue003" };

export class FirefoxPage extends Page {
  #marionette;
  #handle;
  #home;
  #browserId;
  #answers = new Requests("firefox");
  #moved = () => {};
  #failed = () => {};

  constructor(marionette, handle, home, browserId) {
    super("firefox");
    this.#marionette = marionette;
    this.#handle = handle;
    this.#home = home;
    this.#browserId = browserId;
  }

  async _run(source) {
    const sent = (number) =>
      this.#browser(`(browser, message) => browser.messageManager.sendAsyncMessage("driver-run", message)`, { number, source });
    return this.#answers.ask("evaluate", ANSWER_MS, (number) => sent(number).catch((error) => this.#answers.refuse(number, error.message)));
  }

  _told({ console, error, moved, by, failed, url, number, json, problem }) {
    if (console !== undefined) this.console.push(console);
    if (error !== undefined) this.errors.push(error);
    if (moved !== undefined) this.#moved(moved, by);
    if (failed !== undefined) this.#failed(failed, url);
    if (problem !== undefined) this.#answers.refuse(number, problem);
    else if (number !== undefined) this.#answers.answer(number, json);
  }

  _end(problem) {
    this.#answers.end(problem);
  }

  async _go(url) {
    const moved = this.#nextMove((uri, by) => (by === "pageshow" ? !/^about:(blank|neterror)/.test(uri) || url === uri : by === "hashchange" && uri === new URL(url).href));
    const failed = new Promise((_, reject) => {
      this.#failed = (problem, where) => where === new URL(url).href && reject(new DriverError("firefox", `open ${url}`, problem));
    });
    await this.#browser(
      `(browser, url) => browser.fixupAndLoadURIString(url, { triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal() })`,
      url,
    );
    await Promise.race([moved, failed]);
  }

  async _history(step) {
    const moved = this.#nextMove(() => true);
    if (step === "back" && !(await this.#browser(`(browser) => browser.canGoBack`))) {
      throw new DriverError("firefox", "back", "there is nothing to go back to");
    }
    await this.#browser(step === "back" ? `(browser) => browser.goBack()` : `(browser) => browser.reload()`);
    await moved;
  }

  _mouse(x, y) {
    return this.#act({
      type: "pointer",
      id: "mouse",
      actions: [
        { type: "pointerMove", x, y, duration: 0 },
        { type: "pointerDown", button: 0 },
        { type: "pointerUp", button: 0 },
      ],
    });
  }

  _keys(text) {
    const strokes = [...text].flatMap((value) => [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ]);
    return this.#act({ type: "key", id: "keyboard", actions: strokes });
  }

  _press(key) {
    return this._keys(KEYS[key]);
  }

  async _picture() {
    const { value } = await this.#inWindow(() => this.#marionette.send("WebDriver:TakeScreenshot", { full: false, hash: false }));
    return Buffer.from(value, "base64");
  }

  // A window has a least width that is more than a phone's; what shows the page has none.
  _size(width, height) {
    return this.#browser(
      `(browser, width, height) => {
        for (const [name, value] of [["width", width], ["height", height]]) {
          for (const limit of ["", "min-", "max-"]) browser.style.setProperty(limit + name, value + "px", "important");
        }
      }`,
      width,
      height,
    );
  }

  _close() {
    this._end("the page is closed");
    return this.#inWindow(async () => {
      await this.#marionette.send("WebDriver:CloseWindow");
      await this.#marionette.send("WebDriver:SwitchToWindow", { handle: this.#home });
    });
  }

  #act(source) {
    return this.#inWindow(() => this.#marionette.send("WebDriver:PerformActions", { actions: [source] }));
  }

  // With this page's window as the current one.
  #inWindow(act) {
    return this.#marionette.inTurn(async () => {
      await this.#marionette.send("Marionette:SetContext", { value: "content" });
      await this.#marionette.send("WebDriver:SwitchToWindow", { handle: this.#handle, focus: true });
      return act();
    });
  }

  // With the browser's rights, and the element that shows this page.
  #browser(source, ...args) {
    return this.#marionette.inTurn(() =>
      this.#marionette.chrome(
        `function (id, ...args) { return (${source})(BrowsingContext.getCurrentTopByBrowserId(id).embedderElement, ...args); }`,
        this.#browserId,
        ...args,
      ),
    );
  }

  #nextMove(isIt) {
    return new Promise((resolve) => {
      this.#moved = (uri, by) => isIt(uri, by) && resolve(uri);
    });
  }
}

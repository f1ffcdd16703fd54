// A page, whatever engine shows it. The verbs are here; an engine's page gives the hands for them:
//
//   _run(source)            the JSON that a wrapped script came to (see script.js)
//   _go(url)                loads, and resolves when `load` has fired
//   _history(step)          "back" or "reload", likewise
//   _mouse(x, y)            moves there, presses and releases
//   _keys(text)             types, key by key
//   _press(key)             "Enter", "Escape", "Tab" or "Backspace"
//   _picture()              a PNG of what is visible
//   _size(width, height)    of the viewport
//   _close()
import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { DriverError, within } from "./requests.js";
import { ascii, find, place, replace, unwrap, wrap } from "./script.js";

const STEP_MS = 30_000;
const LOOK_MS = 20;

export class Page {
  // What the page and the engine wrote to the console, as `level: text`.
  console = [];
  // Exceptions that nobody caught.
  errors = [];
  isClosed = false;
  // The limit for each step, in milliseconds.
  limit = STEP_MS;
  // Between two looks of what waits, likewise.
  look = LOOK_MS;
  #engine;

  constructor(engine) {
    this.#engine = engine;
  }

  get engine() {
    return this.#engine;
  }

  goTo(url) {
    return this.#travel(`open ${url}`, () => this._go(url));
  }

  back() {
    return this.#travel("back", () => this._history("back"));
  }

  reload() {
    return this.#travel("reload", () => this._history("reload"));
  }

  // The value of an expression, or of a call of a function with `args`; of what a promise comes to,
  // where the engine has promises. Both ways as JSON. For PhantomJS the source must be ES5.
  async evaluate(source, ...args) {
    const step = `evaluate ${brief(source)}`;
    const json = await this.#step(step, this.limit, () => this._run(wrap(source, args)));
    return unwrap(json, (problem) => new DriverError(this.#engine, step, problem));
  }

  // Asks until the value is truthy, and gives it.
  until(source, ...args) {
    return this.#repeat(`until ${brief(source)}`, async () => {
      const value = await this.evaluate(source, ...args);
      return value ? { value } : { problem: `still ${ascii(value)}` };
    });
  }

  // Until an element is there (see `find` in script.js for what a target is).
  sees(target) {
    return this.until(`function (target) { ${find}; return find(target).length > 0; }`, target);
  }

  // Until an element can be seen, stands still and gets what is pressed at its middle.
  where(target, step) {
    let before;
    return this.#repeat(`${step} ${ascii(target)}`, async () => {
      const at = await this.evaluate(place, target);
      const isStill = before?.x === at.x && before?.y === at.y;
      before = at;
      return at.problem ? at : isStill ? { value: at } : { problem: "it moves" };
    });
  }

  async click(target) {
    const { x, y } = await this.where(target, "click");
    await this.#step(`click ${ascii(target)}`, this.limit, () => this._mouse(x, y));
  }

  // Clicks the field, then types key by key.
  async type(target, text) {
    await this.click(target);
    await this.until(`function (target) { ${find}; return find(target).indexOf(document.activeElement) >= 0; }`, target);
    await this.#step(`type ${ascii(text)}`, this.limit, () => this._keys(text));
  }

  // Replaces what is in the field at one stroke.
  async fill(target, text) {
    await this.where(target, "fill");
    const problem = await this.evaluate(replace, target, text);
    if (problem) throw new DriverError(this.#engine, `fill ${ascii(target)}`, problem);
  }

  press(key) {
    return this.#step(`press ${key}`, this.limit, () => this._press(key));
  }

  // The PNG; also written to `file` where one is given.
  async screenshot(file) {
    const picture = await this.#step("screenshot", this.limit, () => this._picture());
    if (file) await writeFile(file, picture);
    return picture;
  }

  // `options.phone` means touch, a viewport that obeys the page's meta element, and two pixels a unit,
  // where the engine can.
  async viewport(width, height, options = {}) {
    await this.#step("viewport", this.limit, () => this._size(width, height, options));
    // A phone lays a page without such an element out wider than its screen.
    await this.until(options.phone ? `screen.width === ${width} || innerWidth === ${width}` : `innerWidth === ${width} && innerHeight === ${height}`);
  }

  async close() {
    if (this.isClosed) return;
    this.isClosed = true;
    await within(this.limit, this.#engine, "close the page", this._close());
  }

  // Whatever the document still reports about its arrival comes before the answer of a script, and so
  // is not taken for the next step's.
  async #travel(step, act) {
    await this.#step(step, this.limit, act);
    await this.evaluate("document.readyState");
  }

  #step(step, ms, act) {
    if (this.isClosed) throw new DriverError(this.#engine, step, "the page is closed", true);
    return within(ms, this.#engine, step, act());
  }

  // A script that runs while one document gives way to another can fail; the next one says more.
  async #repeat(step, attempt) {
    const end = Date.now() + this.limit;
    for (;;) {
      let outcome;
      try {
        outcome = await attempt();
      } catch (error) {
        if (error.isFinal) throw error;
        outcome = { problem: error.message };
      }
      if ("value" in outcome) return outcome.value;
      if (Date.now() > end) throw new DriverError(this.#engine, step, `${outcome.problem}, after ${this.limit} ms`);
      await pause(this.look);
    }
  }
}

function brief(source) {
  const text = String(source).replace(/\s+/g, " ");
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

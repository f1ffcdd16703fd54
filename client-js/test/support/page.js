// A page around the library: the events of its window and document, and its beacons.
import assert from "node:assert/strict";

class Target {
  #listeners = [];

  addEventListener = (event, callback) => {
    this.#listeners.push([event, callback]);
  };

  removeEventListener = (event, callback) => {
    this.#listeners = this.#listeners.filter(([name, each]) => name !== event || each !== callback);
  };

  fire(event, details = {}) {
    for (const [name, callback] of [...this.#listeners]) if (name === event) callback({ type: event, ...details });
  }

  get count() {
    return this.#listeners.length;
  }
}

export class FakePage {
  window = new Target();
  document = Object.assign(new Target(), { hidden: false });
  /** Bodies and addresses of beacons; `refuses` makes each fail, as one that is too large does. */
  beacons = [];
  refuses = false;

  /**
   * Makes the global object a window until the test is over, by when nobody may listen any more.
   * `parts` says what this browser does not have: `{ onpagehide: false, sendBeacon: false }`.
   */
  install(t, parts = {}) {
    const { window, document } = this;
    const sendBeacon = (url, body) => {
      if (!this.refuses) this.beacons.push({ url, body });
      return !this.refuses;
    };
    const globals = {
      addEventListener: window.addEventListener,
      removeEventListener: window.removeEventListener,
      document,
      navigator: parts.sendBeacon === false ? {} : { sendBeacon },
      ...(parts.onpagehide === false ? {} : { onpagehide: null }),
    };
    const before = Object.keys(globals).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
    for (const name of Object.keys(globals)) {
      Object.defineProperty(globalThis, name, { value: globals[name], configurable: true, writable: true });
    }
    t.after(() => {
      for (const [name, descriptor] of before) {
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
        else delete globalThis[name];
      }
    });
    return this;
  }

  /** Whether everybody who listened has gone. */
  assertDeserted() {
    assert.deepEqual([this.window.count, this.document.count], [0, 0]);
  }

  show() {
    this.document.hidden = false;
    this.document.fire("visibilitychange");
  }

  hide() {
    this.document.hidden = true;
    this.document.fire("visibilitychange");
  }

  /** The page goes, for good or into the back/forward cache. */
  leave(persisted = false) {
    this.window.fire("pagehide", { persisted });
  }
}

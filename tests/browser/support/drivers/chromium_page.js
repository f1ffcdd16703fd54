// A tab of Chromium: what is done to it, and what it reports.
import { refuse } from "./cdp.js";
import { Page } from "./page.js";

const KEYS = {
  Enter: { code: "Enter", windowsVirtualKeyCode: 13, text: "\r" },
  Escape: { code: "Escape", windowsVirtualKeyCode: 27 },
  Tab: { code: "Tab", windowsVirtualKeyCode: 9 },
  Backspace: { code: "Backspace", windowsVirtualKeyCode: 8 },
};
const LEVELS = { warning: "warn", verbose: "debug" };

export class ChromiumPage extends Page {
  // The address of each request and WebSocket, its frames' and workers' included.
  requests = [];
  #cdp;
  #targetId;
  #contextId;
  #session;
  #frame;
  #parts = [];
  #watchers = new Set();

  constructor(cdp, targetId, contextId) {
    super("chromium");
    this.#cdp = cdp;
    this.#targetId = targetId;
    this.#contextId = contextId;
  }

  async attach(before) {
    const { sessionId } = await this.#cdp.send("Target.attachToTarget", { targetId: this.#targetId, flatten: true });
    this.#session = sessionId;
    await this.#listen(sessionId);
    await this.send("Page.enable");
    await this.send("Page.setLifecycleEventsEnabled", { enabled: true });
    await this.send("Emulation.setFocusEmulationEnabled", { enabled: true });
    if (before) await this.send("Page.addScriptToEvaluateOnNewDocument", { source: before });
    this.#frame = (await this.send("Page.getFrameTree")).frameTree.frame.id;
  }

  send(method, params) {
    return this.#cdp.send(method, params, this.#session);
  }

  // "frozen" or "active", as the system does to a page in the background.
  async lifecycle(state) {
    // What seems to have the focus stays visible, and is not frozen.
    if (state === "frozen") await this.send("Emulation.setFocusEmulationEnabled", { enabled: false });
    await this.send("Page.setWebLifecycleState", { state });
    if (state === "active") {
      await this.send("Page.bringToFront");
      await this.send("Emulation.setFocusEmulationEnabled", { enabled: true });
    }
  }

  async offline(isOffline) {
    await this.send("Network.emulateNetworkConditions", { offline: isOffline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  }

  // "light" or "dark".
  async colorScheme(value) {
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }

  async tap(target) {
    const { x, y } = await this.where(target, "tap");
    await this.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
    await this.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  }

  async _run(source) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression: source, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw refuse("evaluate", exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async _go(url) {
    const loaded = [];
    const stop = this.#watch((method, { frameId, name, loaderId }) => {
      if (method === "Page.lifecycleEvent" && frameId === this.#frame && name === "load") loaded.push(loaderId);
    });
    try {
      const { errorText, loaderId } = await this.send("Page.navigate", { url });
      if (errorText) throw refuse(`open ${url}`, errorText);
      // No loader: only the fragment has changed.
      if (loaderId) await this.#until(() => loaded.includes(loaderId));
    } finally {
      stop();
    }
  }

  async _history(step) {
    let navigated = false;
    let done = false;
    const stop = this.#watch((method, params) => {
      if (method === "Page.navigatedWithinDocument" && params.frameId === this.#frame) done = true;
      if (method === "Page.frameNavigated" && params.frame.id === this.#frame) {
        navigated = true;
        if (params.type === "BackForwardCacheRestore") done = true;
      }
      if (method === "Page.lifecycleEvent" && params.frameId === this.#frame && params.name === "load" && navigated) done = true;
    });
    try {
      if (step === "reload") {
        await this.send("Page.reload");
      } else {
        const { currentIndex, entries } = await this.send("Page.getNavigationHistory");
        if (currentIndex === 0) throw refuse("back", "there is nothing to go back to");
        await this.send("Page.navigateToHistoryEntry", { entryId: entries[currentIndex - 1].id });
      }
      await this.#until(() => done);
    } finally {
      stop();
    }
  }

  async _mouse(x, y) {
    const at = { x, y, button: "left", clickCount: 1 };
    await this.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
    await this.send("Input.dispatchMouseEvent", { type: "mousePressed", buttons: 1, ...at });
    await this.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...at });
  }

  async _keys(text) {
    for (const letter of text) {
      await this.send("Input.dispatchKeyEvent", { type: "keyDown", key: letter, text: letter });
      await this.send("Input.dispatchKeyEvent", { type: "keyUp", key: letter });
    }
  }

  async _press(key) {
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, ...KEYS[key] });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, ...KEYS[key], text: undefined });
  }

  async _picture() {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }

  async _size(width, height, { phone = false }) {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
    await this.send("Emulation.setTouchEmulationEnabled", { enabled: phone });
  }

  async _close() {
    await this.#cdp.send("Target.closeTarget", { targetId: this.#targetId });
    if (this.#contextId) await this.#cdp.send("Target.disposeBrowserContext", { browserContextId: this.#contextId });
    for (const stop of this.#parts) stop();
  }

  // Frames of another site and workers are targets of their own: each waits until it is listened to.
  async #listen(sessionId) {
    this.#parts.push(this.#cdp.listen(sessionId, (method, params) => this.#hear(method, params)));
    const enable = ["Runtime.enable", "Log.enable", "Network.enable"].map((method) => this.#cdp.send(method, {}, sessionId).catch(() => {}));
    const follow = this.#cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: true }, sessionId);
    await Promise.all([...enable, follow]);
  }

  async #hear(method, params) {
    for (const watcher of this.#watchers) watcher(method, params);
    switch (method) {
      case "Runtime.consoleAPICalled":
        return this.#note(params.type, params.args.map(show).join(" "));
      case "Log.entryAdded":
        return this.#note(params.entry.level, [params.entry.text, params.entry.url].filter(Boolean).join(" "));
      case "Runtime.exceptionThrown": {
        const { exception, text } = params.exceptionDetails;
        return this.errors.push(exception?.description ?? `${text} ${exception ? show(exception) : ""}`);
      }
      case "Network.requestWillBeSent":
        return this.requests.push(params.request.url);
      case "Network.webSocketCreated":
        return this.requests.push(params.url);
      case "Page.javascriptDialogOpening":
        return this.send("Page.handleJavaScriptDialog", { accept: true }).catch(() => {});
      case "Target.attachedToTarget":
        // It may have gone again before it is listened to.
        await this.#listen(params.sessionId).catch(() => {});
        return this.#cdp.send("Runtime.runIfWaitingForDebugger", {}, params.sessionId).catch(() => {});
    }
  }

  #note(level, text) {
    this.console.push(`${LEVELS[level] ?? level}: ${text}`);
  }

  #watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  // Looks again after each event; the step's own limit ends it.
  #until(isDone) {
    return new Promise((resolve) => {
      const stop = this.#watch(() => {
        if (!isDone()) return;
        stop();
        resolve();
      });
      if (isDone()) {
        stop();
        resolve();
      }
    });
  }
}

function show({ type, subtype, value, unserializableValue, description }) {
  if (type === "string") return value;
  if (unserializableValue) return unserializableValue;
  if (type === "object" && subtype === "null") return "null";
  return type === "undefined" ? "undefined" : value === undefined ? description : JSON.stringify(value);
}

// Runs with the browser's rights beside each of Firefox's pages. What Marionette has no command for:
// scripts that run as the page's own (whatever its policy forbids), its console, its exceptions, and
// where it has been led. Reports go to the program's stdout, through the browser's main process.
/* global content, docShell, addEventListener, addMessageListener, sendAsyncMessage, sendSyncMessage */
"use strict";

(() => {
  const { addDebuggerToGlobal } = ChromeUtils.importESModule("resource://gre/modules/jsdebugger.sys.mjs");
  const system = Services.scriptSecurityManager.getSystemPrincipal();
  const box = Cu.Sandbox(system, { freshCompartment: true });
  addDebuggerToGlobal(box);
  let [before] = sendSyncMessage("driver-before");

  const tell = (message) => sendAsyncMessage("driver-told", JSON.stringify(message));

  const run = (window, source) => new box.Debugger().makeGlobalObjectReference(window).executeInGlobal(source);

  async function answer({ number, source }) {
    try {
      const outcome = run(content, source);
      const value = outcome && "return" in outcome ? outcome.return : null;
      tell({ number, json: typeof value === "string" || value === null ? value : await value.unsafeDereference() });
    } catch (error) {
      tell({ number, problem: String(error) });
    }
  }

  // Whether a window, by its number, is this page or one of its frames. A page that is closed has no
  // shell: an exception here would be reported to the console, and so to this again, without end.
  function isHere(innerId) {
    if (!docShell) stop();
    return Boolean(docShell) && innerId && WindowGlobalChild.getByInnerWindowId(innerId)?.browsingContext?.top === docShell.browsingContext;
  }

  function show(value) {
    if (typeof value === "string" || !value || typeof value !== "object") return String(value);
    const object = Cu.waiveXrays(value);
    try {
      const { Error, JSON } = Cu.waiveXrays(content);
      return object instanceof Error ? String(object) : JSON.stringify(object);
    } catch {
      return String(object);
    }
  }

  const onCall = ({ wrappedJSObject: { level, innerID, arguments: args } }) => {
    if (isHere(innerID)) tell({ console: `${level}: ${args.map(show).join(" ")}` });
  };
  const onMessage = {
    QueryInterface: ChromeUtils.generateQI(["nsIConsoleListener"]),
    observe(message) {
      if (!(message instanceof Ci.nsIScriptError) || !isHere(message.innerWindowID)) return;
      const isError = message.flags === Ci.nsIScriptError.errorFlag;
      const text = `${message.errorMessage} (${message.sourceName}:${message.lineNumber})`;
      if (isError && message.category === "content javascript") tell({ error: text });
      else tell({ console: `${isError ? "error" : message.flags === Ci.nsIScriptError.warningFlag ? "warn" : "info"}: ${text}` });
    },
  };
  const calls = Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage);
  calls.addLogEventListener(onCall, system);
  Services.console.registerListener(onMessage);
  // Later: whoever goes while the listeners are being called makes the next one miss its turn.
  let isStopping = false;
  function stop() {
    if (isStopping) return;
    isStopping = true;
    Services.tm.dispatchToMainThread(() => {
      calls.removeLogEventListener(onCall);
      Services.console.unregisterListener(onMessage);
    });
  }

  addEventListener("DOMWindowCreated", ({ target }) => before && run(target.defaultView, before), true);
  for (const type of ["pageshow", "popstate", "hashchange"]) {
    addEventListener(
      type,
      ({ target }) => {
        if (target === content || target === content.document) tell({ moved: content.document.documentURI, by: type });
      },
      true,
    );
  }
  // The page that shows an error has no `pageshow` for as long as something of its own is missing.
  addEventListener(
    "DOMContentLoaded",
    ({ target }) => {
      if (target !== content.document || !/^about:(neterror|certerror)/.test(target.documentURI)) return;
      const query = new URLSearchParams(target.documentURI.split("?")[1]);
      tell({ failed: query.get("e"), url: query.get("u") });
    },
    true,
  );
  addMessageListener("driver-run", ({ data }) => answer(data));
  addMessageListener("driver-before", ({ data }) => (before = data));
})();

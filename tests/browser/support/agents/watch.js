// Runs in a page before its own scripts, in engines that do not report what its console and its
// uncaught exceptions say. ES5; `tell` takes an object.
export function watch(tell) {
  function show(value) {
    var json;
    if (typeof value === "string" || !value || typeof value !== "object") return String(value);
    if (value instanceof Error) return String(value);
    try {
      json = JSON.stringify(value);
    } catch (error) {
      json = undefined;
    }
    return json === undefined ? String(value) : json;
  }
  function replace(level) {
    console[level] = function () {
      tell({ console: level + ": " + Array.prototype.map.call(arguments, show).join(" ") });
    };
  }
  ["log", "info", "warn", "error", "debug"].forEach(replace);
  window.addEventListener("error", function (event) {
    if (event.message) tell({ error: event.message + " (" + event.filename + ":" + event.lineno + ")" });
  });
  // An engine takes the mouse's events in its own time: this says that a click has arrived.
  window.addEventListener(
    "mouseup",
    function () {
      tell({ released: true });
    },
    true
  );
  // Where the history has led: to a document, new or kept, or within one.
  function moved() {
    tell({ moved: true });
  }
  if (window === window.top) {
    window.addEventListener("pageshow", moved);
    window.addEventListener("popstate", moved);
    window.addEventListener("hashchange", moved);
  }
  window.addEventListener("unhandledrejection", function (event) {
    tell({ error: "Unhandled rejection: " + show(event.reason) });
  });
}

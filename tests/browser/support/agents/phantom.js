// PhantomJS, told by JSON lines what to do. Reading its stdin would stop all pages, so commands are
// fetched from the driver's address by a request that waits; answers and reports go to stdout.
// ES5, and PhantomJS's own modules.
"use strict";
var system = require("system");
var address = system.args[1];
var pages = {};
var verbs = {};
var keys = { Enter: "Enter", Escape: "Escape", Tab: "Tab", Backspace: "Backspace" };

function write(message) {
  var json = JSON.stringify(message).replace(/[\u007f-\uffff]/g, function (unit) {
    return "\\u" + ("000" + unit.charCodeAt(0).toString(16)).slice(-4);
  });
  system.stdout.write(json + "\n");
  system.stdout.flush();
}

verbs.page = function (id, command) {
  var page = require("webpage").create();
  var state = { page: page, waiting: null, isUsed: false };
  pages[command.page] = state;
  // Off for what fetches the commands, which has no origin of its own; on for every page.
  page.settings.webSecurityEnabled = true;
  page.settings.localToRemoteUrlAccessEnabled = false;
  page.viewportSize = { width: 1280, height: 800 };
  page.onInitialized = function () {
    // A page begins with a document that nobody asked for.
    if (state.isUsed) page.evaluateJavaScript("function () {" + command.before + "}");
  };
  page.onCallback = function (text) {
    write({ page: command.page, told: text });
  };
  // The page's own calls and exceptions are told by what runs before it, with their level.
  page.onConsoleMessage = function () {};
  page.onError = function () {};
  page.onAlert = function () {};
  page.onLoadFinished = function (status) {
    var waiting = state.waiting;
    state.waiting = null;
    if (waiting === null) return;
    if (status === "success") write({ id: waiting, value: null });
    else write({ id: waiting, problem: "it does not load" });
  };
  write({ id: id, value: null });
};

verbs.go = function (id, command, state) {
  state.isUsed = true;
  state.waiting = id;
  state.page.open(command.url);
};

verbs.history = function (id, command, state) {
  if (command.step === "back" && !state.page.canGoBack) return write({ id: id, problem: "there is nothing to go back to" });
  if (command.step === "back") state.page.goBack();
  else state.page.reload();
  write({ id: id, value: null });
};

verbs.run = function (id, command, state) {
  write({ id: id, value: state.page.evaluateJavaScript("function () { return " + command.source + "; }") });
};

verbs.mouse = function (id, command, state) {
  state.page.sendEvent("mousemove", command.x, command.y);
  state.page.sendEvent("click", command.x, command.y);
  write({ id: id, value: null });
};

verbs.keys = function (id, command, state) {
  command.text.split("").forEach(function (letter) {
    state.page.sendEvent("keypress", letter);
  });
  write({ id: id, value: null });
};

verbs.press = function (id, command, state) {
  state.page.sendEvent("keypress", state.page.event.key[keys[command.key]]);
  write({ id: id, value: null });
};

// What a page leaves unpainted is white in a browser, and transparent here.
function whiten() {
  function isBare(element) {
    return /^(transparent|rgba\(.*, 0\))$/.test(getComputedStyle(element).backgroundColor) && getComputedStyle(element).backgroundImage === "none";
  }
  var root = document.documentElement;
  if (isBare(root) && (!document.body || isBare(document.body))) root.style.backgroundColor = "white";
}

verbs.picture = function (id, command, state) {
  var size = state.page.viewportSize;
  state.page.evaluate(whiten);
  var scroll = state.page.scrollPosition;
  state.page.clipRect = { left: scroll.left, top: scroll.top, width: size.width, height: size.height };
  write({ id: id, value: state.page.renderBase64("PNG") });
};

verbs.size = function (id, command, state) {
  state.page.viewportSize = { width: command.width, height: command.height };
  write({ id: id, value: null });
};

verbs.close = function (id, command, state) {
  state.page.close();
  delete pages[command.page];
  write({ id: id, value: null });
};

function handle(command) {
  try {
    verbs[command["do"]](command.id, command, pages[command.page]);
  } catch (error) {
    write({ id: command.id, problem: String(error) });
  }
}

function fetchNext() {
  var request = new XMLHttpRequest();
  request.open("GET", address);
  request.onload = function () {
    request.responseText.split("\n").filter(Boolean).map(JSON.parse).forEach(handle);
    fetchNext();
  };
  request.onerror = function () {
    system.stderr.write("the driver does not answer: " + request.status + "\n");
    phantom.exit(1);
  };
  request.send();
}

phantom.onError = function (message) {
  system.stderr.write(message + "\n");
  phantom.exit(1);
};
write({ ready: [phantom.version.major, phantom.version.minor, phantom.version.patch].join(".") });
fetchNext();

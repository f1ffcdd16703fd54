// What a feature is, and how one is run: in a page, in a worker or in Node, by any engine. All scripts of
// this folder are ES5 and answer by callback, since an engine of 2014 has nothing else.
//
// A context has
//   io, url       the library, and where the server is
//   nowhere       an address where nobody listens
//   mode          "polling", "websocket" or "upgrade"
//   server        "encke" or "reference"
//   WebSocket     the constructor, where there is no global one
//   buffers       true where binary data comes as Buffer
var features = (function () {
  "use strict";
  var TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
  var LIMIT_MS = 30000;
  var TOLD = ["connect", "disconnect", "connect_error"];
  var toString = Object.prototype.toString;
  var all = [];
  var current = null;

  // A feature has
  //   name
  //   run(t)        does it, and calls `t.done` or `t.fail`
  //   may           how often its sockets may tell of each of TOLD; one time more fails it. Without it:
  //                 `connect` once, the others never
  //   modes         the modes that it is about; all without it
  //   lacks(context)  why this engine can not do it, or ""
  function add(feature) {
    all.push(feature);
  }

  function Case(feature, context, finish) {
    this.context = context;
    this.feature = feature;
    this.may = feature.may || { connect: 1 };
    this.sockets = [];
    this.story = [];
    this.finish = finish;
    this.isOver = false;
  }

  // A socket that is not waited for. `more` are its options; `path` is "/relaxed" unless given.
  Case.prototype.socket = function (namespace, more) {
    var options = {
      path: "/relaxed",
      transports: TRANSPORTS[this.context.mode],
      WebSocket: this.context.WebSocket,
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 200
    };
    for (var name in more) options[name] = more[name];
    return this.follow(this.context.io((options.url || this.context.url) + (namespace || "/"), options));
  };

  // Keeps account of what a socket tells, and closes it in the end.
  Case.prototype.follow = function (socket) {
    var self = this;
    var number = this.sockets.push(socket);
    TOLD.forEach(function (event) {
      var count = 0;
      socket.on(event, function (why) {
        var told = number + " " + event + (why ? " " + (why.message || why) : "");
        self.story.push(told);
        if (++count > (self.may[event] || 0)) self.fail("one time too many: " + told);
      });
    });
    return socket;
  };

  // A socket that is connected, over the transport that the mode ends up with.
  Case.prototype.connect = function (namespace, more, then) {
    var self = this;
    var socket = this.socket(namespace, more);
    socket.once("connect", function () {
      self.settled(socket, function () {
        then(socket);
      });
    });
  };

  // Calls back when the socket's session has moved to where the mode ends up.
  Case.prototype.settled = function (socket, then) {
    var engine = socket.io.engine;
    var self = this;
    if (this.context.mode !== "upgrade" || engine.transport.name === "websocket") {
      then();
    } else {
      engine.once("upgrade", then);
      engine.once("upgradeError", function (error) { self.fail("no upgrade: " + error.message); });
    }
  };

  // Asks until there is an answer other than null: `then(answer)`.
  Case.prototype.poll = function (socket, event, argument, then) {
    var self = this;
    socket.emit(event, argument, function (answer) {
      if (answer !== null) then(answer);
      else if (!self.isOver) setTimeout(function () { self.poll(socket, event, argument, then); }, 5);
    });
  };

  // Whether both are the same, bytes in whatever shape included; fails the case if not.
  Case.prototype.is = function (actual, expected, what) {
    var where = difference(actual, expected, "");
    if (where) this.fail((what || "value") + where);
    return !where;
  };

  Case.prototype.ok = function (value, what) {
    if (!value) this.fail("not so: " + what);
    return !!value;
  };

  // A function that ends the case when it is called for the `count`th time, and fails it after that.
  Case.prototype.times = function (count) {
    var self = this;
    return function () {
      count -= 1;
      if (count === 0) self.done();
    };
  };

  Case.prototype.unique = function (word) {
    return word + Math.random().toString(36).slice(2);
  };

  Case.prototype.done = function () {
    this.end("passed", "");
  };

  Case.prototype.fail = function (problem) {
    this.end("failed", problem + (this.story.length ? " [" + this.story.join("; ") + "]" : ""));
  };

  Case.prototype.end = function (outcome, problem) {
    if (this.isOver) return;
    this.isOver = true;
    current = null;
    clearTimeout(this.timer);
    this.sockets.forEach(function (socket) {
      TOLD.forEach(function (event) { socket.off(event); });
      // Also the one that is waiting to connect again.
      socket.io.disconnect();
    });
    this.finish({ name: this.feature.name, outcome: outcome, problem: problem, ms: new Date() - this.begun });
  };

  // Runs one: `done({name, outcome, problem, ms})`, the outcome being "passed", "failed" or "lacking".
  function run(feature, context, done) {
    var lacking = feature.lacks ? feature.lacks(context) : "";
    if (lacking) {
      done({ name: feature.name, outcome: "lacking", problem: lacking, ms: 0 });
      return;
    }
    var t = (current = new Case(feature, context, done));
    t.begun = new Date();
    t.timer = setTimeout(function () { t.fail("not done after " + LIMIT_MS + " ms"); }, LIMIT_MS);
    try {
      feature.run(t);
    } catch (error) {
      t.fail("exception: " + (error.stack || error));
    }
  }

  // Those that are about a mode.
  function of(mode) {
    return all.filter(function (feature) { return !feature.modes || feature.modes.indexOf(mode) >= 0; });
  }

  // One after the other; `each` hears of every result.
  function runAll(context, each, done) {
    var left = of(context.mode);
    (function next() {
      var feature = left.shift();
      if (!feature) return done();
      run(feature, context, function (result) {
        each(result);
        // What the library still does while it unwinds must be over before the next begins.
        setTimeout(next, 0);
      });
    })();
  }

  // An exception that nobody caught: the feature that runs is to blame.
  function uncaught(problem) {
    if (current) current.fail("uncaught exception: " + problem);
  }

  function bytesOf(value) {
    if (toString.call(value) === "[object ArrayBuffer]") return new Uint8Array(value);
    if (value && toString.call(value.buffer) === "[object ArrayBuffer]") {
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    return null;
  }

  // "" if both are the same, else where they differ and how.
  function difference(actual, expected, path) {
    var bytes = bytesOf(expected);
    var index, key, found, names;
    if (bytes) {
      found = bytesOf(actual);
      if (!found) return path + ": " + show(actual) + " instead of bytes";
      if (found.length !== bytes.length) return path + ": " + found.length + " bytes instead of " + bytes.length;
      for (index = 0; index < bytes.length; index++) {
        if (found[index] !== bytes[index]) return path + ": byte " + index + " is " + found[index] + " instead of " + bytes[index];
      }
      return "";
    }
    if (typeof expected !== "object" || expected === null) {
      return actual === expected ? "" : path + ": " + show(actual) + " instead of " + show(expected);
    }
    if (typeof actual !== "object" || actual === null || toString.call(actual) !== toString.call(expected)) {
      return path + ": " + show(actual) + " instead of " + show(expected);
    }
    names = Object.keys(expected);
    if (Object.keys(actual).length !== names.length) return path + ": " + show(actual) + " instead of " + show(expected);
    for (index = 0; index < names.length; index++) {
      key = names[index];
      if (!Object.prototype.hasOwnProperty.call(actual, key)) return path + "." + key + " is missing";
      found = difference(actual[key], expected[key], path + "." + key);
      if (found) return found;
    }
    return "";
  }

  function show(value) {
    var text;
    try {
      text = typeof value === "function" ? "a function" : String(JSON.stringify(value));
    } catch (error) {
      text = String(value);
    }
    return text.length > 80 ? text.slice(0, 80) + "… (" + text.length + ")" : text;
  }

  return { add: add, of: of, run: run, runAll: runAll, uncaught: uncaught };
})();

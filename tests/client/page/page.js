// Runs the features in this page, or in a worker of it, and keeps the results; or, without a mode in the
// query, waits to be told what to do as a guest. ES5.
(function () {
  "use strict";
  var query = {};
  location.search.slice(1).split("&").forEach(function (pair) {
    var parts = pair.split("=");
    query[decodeURIComponent(parts[0])] = decodeURIComponent(parts[1] || "");
  });

  var results = (window.results = { list: [], errors: [], isDone: false, mayEval: mayEval() });

  window.onerror = function (message, file, line) {
    results.errors.push(message + " at " + file + ":" + line);
    features.uncaught(message);
  };

  if (query.worker) runInWorker();
  else if (query.mode) {
    features.runAll({ io: io, url: query.url, nowhere: query.nowhere, mode: query.mode, server: "encke" }, add, end);
  }

  function add(result) {
    results.list.push(result);
  }

  function end() {
    results.isDone = true;
  }

  // As the page's policy has it.
  function mayEval() {
    try {
      return new Function("return true")();
    } catch (error) {
      return false;
    }
  }

  function runInWorker() {
    var worker = new Worker("/worker.js");
    worker.onmessage = function (event) {
      if (event.data.error) results.errors.push(event.data.error);
      else if (event.data.isDone) end();
      else add(event.data);
    };
    worker.onerror = function (event) {
      results.errors.push(event.message + " at " + event.filename + ":" + event.lineno);
    };
    worker.postMessage(query);
  }

  // A socket for tests that do something to the page or the server meanwhile, and what happened to it.
  window.guest = {
    story: [],
    answers: [],

    connect: function (url, options) {
      var socket = (guest.socket = io(url, options));
      ["connect", "disconnect", "connect_error"].forEach(function (event) {
        socket.on(event, function (why) {
          guest.story.push(event + (why ? " " + (why.message || why) : ""));
        });
      });
      guest.socket.io.on("open", function () {
        guest.socket.io.engine.on("detach", function (why) { guest.story.push("detach " + why); });
      });
    },

    // What happened, as a number of times; a reason may stand behind the event.
    count: function (event) {
      return guest.story.filter(function (told) { return (told + " ").indexOf(event + " ") === 0; }).length;
    },

    isSettled: function (transport) {
      return !!guest.socket && guest.socket.connected && guest.socket.io.engine.transport.name === transport;
    },

    // Chromium keeps no page that wants to hear of its unload.
    willNotBeKept: function () {
      window.addEventListener("unload", function () {});
    },

    ask: function (event, argument) {
      guest.socket.emit(event, argument, function (answer) { guest.answers.push(answer); });
    }
  };

  window.addEventListener("pageshow", function (event) {
    guest.story.push("pageshow" + (event.persisted ? " persisted" : ""));
  });
  window.addEventListener("pagehide", function (event) {
    guest.story.push("pagehide" + (event.persisted ? " persisted" : ""));
  });
})();

// How a connection ends, who is told which reason, and what comes next.
(function () {
  "use strict";

  // Two sockets, the first of which the server remembers the reason of.
  function tracked(t, then) {
    var label = t.unique("label-");
    t.connect("/", {}, function (socket) {
      t.connect("/", {}, function (witness) {
        socket.emit("track", label, function (answer) {
          t.is(answer, "ok", "track");
          then(socket, function (expected, done) {
            t.poll(witness, "reason-of", label, function (reason) {
              t.ok(expected.test(reason), "the server's reason: " + reason);
              done();
            });
          });
        });
      });
    });
  }

  // The system's, which knows how many of its timers are set.
  function countingClock() {
    var count = 0;
    var set = {};
    return {
      now: function () { return +new Date(); },
      set: function (callback, ms) {
        var timer = ++count;
        set[timer] = setTimeout(function () {
          delete set[timer];
          callback();
        }, ms);
        return timer;
      },
      clear: function (timer) {
        clearTimeout(set[timer]);
        delete set[timer];
      },
      pending: function () { return Object.keys(set).length; }
    };
  }

  features.add({
    name: "the client leaves",
    may: { connect: 1, disconnect: 1 },
    run: function (t) {
      tracked(t, function (socket, heard) {
        socket.once("disconnect", function (reason) {
          t.is(reason, "io client disconnect", "reason");
          t.is(socket.active, false, "active");
          t.is(socket.id, undefined, "id");
          heard(/^client namespace disconnect$/, t.done.bind(t));
        });
        socket.disconnect();
        t.is(socket.connected, false, "connected");
      });
    }
  });

  features.add({
    name: "the client leaves and comes back",
    may: { connect: 2, disconnect: 1 },
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var id = socket.id;
        socket.once("connect", function () {
          t.ok(socket.id !== id, "another id");
          socket.emit("message-with-ack", 1, t.done.bind(t));
        });
        socket.disconnect();
        socket.connect();
      });
    }
  });

  features.add({
    name: "the server ends a namespace; the others stay",
    may: { connect: 2, disconnect: 1 },
    run: function (t) {
      tracked(t, function (socket, heard) {
        var other = t.follow(socket.io.socket("/custom"));
        other.once("connect", function () {
          socket.emit("disconnect-me", false);
        });
        socket.once("disconnect", function (reason) {
          t.is(reason, "io server disconnect", "reason");
          t.is(socket.active, false, "active");
          heard(/^server namespace disconnect$/, function () {
            other.emit("message-with-ack", "still", function (answer) {
              t.is(answer, "still");
              socket.once("connect", t.done.bind(t));
              socket.connect();
            });
          });
        });
      });
    }
  });

  features.add({
    name: "the server ends the connection; each socket can connect again",
    may: { connect: 2, disconnect: 1 },
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var other = t.follow(socket.io.socket("/custom"));
        var session = socket.io.engine.id;
        var ended = 0;
        var done = t.times(2);
        [socket, other].forEach(function (each) {
          each.once("disconnect", function (reason) {
            t.ok(/^(io server disconnect|transport close)$/.test(reason), "reason: " + reason);
            if (++ended < 2) return;
            [socket, other].forEach(function (again) {
              again.once("connect", function () {
                t.ok(again.io.engine.id !== session, "another session");
                again.emit("message-with-ack", 1, done);
              });
              again.connect();
            });
          });
        });
        other.once("connect", function () { socket.emit("disconnect-me", true); });
      });
    }
  });

  features.add({
    name: "the connection is lost, and made again",
    may: { connect: 2, disconnect: 1 },
    run: function (t) {
      tracked(t, function (socket, heard) {
        var id = socket.id;
        var told = [];
        ["reconnect_attempt", "reconnect"].forEach(function (event) {
          socket.io.on(event, function (attempt) { told.push(event + " " + attempt); });
        });
        socket.once("disconnect", function (reason) {
          t.ok(/^(transport close|forced close)$/.test(reason), "reason: " + reason);
          t.is(socket.active, true, "active");
          t.is(socket.id, undefined, "id");
        });
        socket.once("connect", function () {
          t.ok(socket.id !== id, "another id");
          t.is(socket.recovered, false, "recovered");
          t.settled(socket, function () {
            t.is(told, ["reconnect_attempt 1", "reconnect 1"], "what the manager told");
            heard(/^transport close$/, t.done.bind(t));
          });
        });
        socket.io.engine.close();
      });
    }
  });

  features.add({
    name: "the server refuses what came, and the connection is made again",
    may: { connect: 2, disconnect: 1 },
    run: function (t) {
      var expected = t.context.server === "reference" ? /^forced close$/ : /^parse error$/;
      tracked(t, function (socket, heard) {
        socket.once("disconnect", function (reason) {
          // Whichever answer comes first: that of what was refused, or that of the poll, which says why.
          t.ok(/^(transport (close|error)|session gone)$/.test(reason), "reason: " + reason);
        });
        socket.once("connect", function () { heard(expected, t.done.bind(t)); });
        socket.io.engine.send("9 is no packet of Socket.IO");
      });
    }
  });

  features.add({
    name: "without reconnection, lost is lost",
    may: { connect: 1, disconnect: 1 },
    run: function (t) {
      var clock = countingClock();
      t.connect("/", { reconnection: false, clock: clock }, function (socket) {
        socket.io.on("reconnect_attempt", function () { t.fail("it tries again"); });
        socket.once("disconnect", function () {
          // Behind all that comes of the loss: what tries again has asked the clock to be called by then.
          setTimeout(function () {
            t.is(clock.pending(), 0, "timers that are left");
            t.done();
          }, 0);
        });
        socket.io.engine.close();
      });
    }
  });

  features.add({
    name: "connection state recovery",
    may: { connect: 2, disconnect: 1 },
    run: function (t) {
      t.connect("/", { path: "/recovery" }, function (socket) {
        var id = socket.id;
        socket.once("connect", function () {
          t.is(socket.recovered, true, "recovered");
          t.is(socket.id, id, "the same id");
          socket.emit("message-with-ack", 1, t.done.bind(t));
        });
        // An event that the server counts from.
        socket.emit("burst", 1);
        socket.once("tick", function () { socket.io.engine.close(); });
      });
    }
  });
})();

// Order, amount and time: what comes in which order, what waits, what is dropped.
(function () {
  "use strict";
  var MANY = 5000;
  // Events under way at a time, while the session moves to its WebSocket, and after it.
  var AHEAD = 10;
  var AFTER = 300;

  features.add({
    name: "5,000 events down, in order",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var came = 0;
        socket.on("tick", function (number) {
          if (!t.isOver && number !== came) t.fail("tick " + number + " instead of " + came);
          came += 1;
          // One too many would come before this answer.
          if (came === MANY) socket.emit("message-with-ack", 1, function () {
            t.is(came, MANY, "count");
            t.done();
          });
        });
        socket.emit("burst", MANY);
      });
    }
  });

  features.add({
    name: "5,000 events up, in order",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var came = 0;
        socket.on("message-back", function (number) {
          if (!t.isOver && number !== came) t.fail("event " + number + " instead of " + came);
          came += 1;
        });
        for (var number = 0; number < MANY; number++) socket.emit("message", number);
        socket.emit("message-with-ack", 1, function () {
          t.is(came, MANY, "count");
          t.done();
        });
      });
    }
  });

  features.add({
    name: "both ways during the upgrade, in order",
    modes: ["upgrade"],
    run: function (t) {
      var socket = t.socket("/");
      var sent = 0;
      var came = 0;
      var ticks = 0;
      var cameBefore = -1;
      function more() {
        socket.emit("message", sent++, new Uint8Array([sent & 255]));
      }
      socket.on("tick", function (number) {
        if (!t.isOver && number !== ticks) t.fail("tick " + number + " instead of " + ticks);
        ticks += 1;
      });
      socket.on("message-back", function (number, bytes) {
        if (t.isOver) return;
        if (number !== came) t.fail("event " + number + " instead of " + came);
        t.is(bytes, new Uint8Array([(came + 1) & 255]), "bytes");
        came += 1;
        if (cameBefore < 0 || came < cameBefore + AFTER) more();
        else if (came === sent) socket.emit("message-with-ack", 1, function () {
          t.is(ticks, 2000, "ticks");
          t.done();
        });
      });
      socket.once("connect", function () {
        // Some engines are through with it before the namespace answers.
        t.settled(socket, function () { cameBefore = came; });
        socket.emit("burst", 2000);
        for (var number = 0; number < AHEAD; number++) more();
      });
    }
  });

  features.add({
    name: "what is emitted before the connect leaves with it, in order",
    run: function (t) {
      var socket = t.socket("/");
      var came = [];
      t.is(socket.connected, false, "connected");
      socket.on("message-back", function (value) { came.push(value); });
      socket.emit("message", 1);
      socket.emit("message", new Uint8Array([2]));
      socket.emit("message", 3);
      socket.emit("message-with-ack", 4, function (answer) {
        t.is(came.concat(answer), [1, new Uint8Array([2]), 3, 4], "order");
        t.done();
      });
    }
  });

  features.add({
    name: "what is emitted while disconnected waits; volatile is dropped",
    may: { connect: 2, disconnect: 1 },
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var came = [];
        socket.on("message-back", function (value) { came.push(value); });
        socket.once("disconnect", function () {
          socket.emit("message", "kept");
          socket.volatile.emit("message", "dropped");
          socket.emit("message", "kept too");
          socket.once("connect", function () { socket.emit("message", "last"); });
          socket.emit("message-with-ack", 1, function () {
            socket.emit("message-with-ack", 2, function () {
              t.is(came, ["kept", "kept too", "last"], "what came");
              t.done();
            });
          });
        });
        socket.io.engine.close();
      });
    }
  });

  features.add({
    name: "volatile leaves when it can",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        // The answer has come: nothing else is on its way.
        socket.emit("message-with-ack", 1, function () {
          setTimeout(function again() {
            if (t.isOver) return;
            socket.volatile.emit("message", "volatile");
            setTimeout(again, 50);
          }, 0);
        });
        socket.once("message-back", function (text) {
          t.is(text, "volatile");
          t.done();
        });
      });
    }
  });

  features.add({
    name: "heartbeats keep a quiet session alive",
    run: function (t) {
      t.connect("/", { path: "/socket.io" }, function (socket) {
        var pings = 0;
        var session = socket.io.engine.id;
        socket.io.on("ping", function () {
          if (++pings < 5) return;
          socket.emit("message-with-ack", "alive", function (answer) {
            t.is(answer, "alive");
            t.is(socket.io.engine.id, session, "session");
            t.done();
          });
        });
      });
    }
  });
})();

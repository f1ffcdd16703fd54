// Answers to events, in both directions.
(function () {
  "use strict";
  var BYTES = new Uint8Array([0, 1, 127, 128, 255]);
  // The server has no handler for it, and so never answers.
  var UNHEARD = "nobody-answers-this";

  features.add({
    name: "ack: the server answers, with text and bytes",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        socket.emit("message-with-ack", "é\u2028", { deep: BYTES }, 3, function (text, object, number) {
          t.is(arguments.length, 3, "arguments");
          t.is([text, object, number], ["é\u2028", { deep: BYTES }, 3], "answer");
          t.done();
        });
      });
    }
  });

  features.add({
    name: "ack: the client answers, with text and bytes, once",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var backs = 0;
        socket.on("emit-with-ack", function (text, bytes, answer) {
          t.is(text, "asked");
          t.is(bytes, BYTES, "bytes");
          answer("answer", [BYTES], null);
          answer("a second one");
        });
        socket.on("emit-with-ack-back", function () {
          t.is(Array.prototype.slice.call(arguments), ["answer", [BYTES], null], "answer");
          // A second one would come before this.
          if (++backs === 1) socket.emit("message-with-ack", 1, t.done.bind(t));
          else t.fail("two answers");
        });
        socket.emit("emit-with-ack", "asked", BYTES);
      });
    }
  });

  features.add({
    name: "ack: a client that does not answer",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        socket.on("emit-with-ack-timeout", t.done.bind(t));
        socket.on("emit-with-ack-back", function () { t.fail("nobody has answered"); });
        socket.emit("emit-with-ack", 1);
      });
    }
  });

  features.add({
    name: "ack: many at once find their events",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var arrive = t.times(200);
        function ask(number) {
          socket.emit("message-with-ack", number, function (answer) {
            t.is(answer, number, "answer");
            arrive();
          });
        }
        for (var number = 0; number < 200; number++) ask(number);
      });
    }
  });

  features.add({
    name: "ack timeout: an error where no answer comes, none where it does",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        socket.timeout(20000).emit("message-with-ack", "in time", function (error, answer) {
          t.is(error, null, "error");
          t.is(answer, "in time", "answer");
          socket.timeout(50).emit(UNHEARD, 1, function (late) {
            t.is(arguments.length, 1, "arguments");
            t.is(late.message, "operation has timed out", "message");
            t.done();
          });
        });
      });
    }
  });

  features.add({
    name: "ack timeout: a disconnect does not wait for it",
    may: { connect: 1, disconnect: 1 },
    run: function (t) {
      t.connect("/", {}, function (socket) {
        socket.timeout(1000000).emit(UNHEARD, function (error) {
          t.is(error.message, "socket has been disconnected", "message");
          t.done();
        });
        socket.disconnect();
      });
    }
  });

  features.add({
    name: "retries: sent again until answered, one after the other",
    run: function (t) {
      t.connect("/", { retries: 2, ackTimeout: 50 }, function (socket) {
        var left = [];
        socket.onAnyOutgoing(function (event) { left.push(event); });
        socket.emit(UNHEARD, function (error) {
          t.is(error.message, "operation has timed out", "message");
        });
        // It waits for the one before, however often that is tried.
        socket.emit("message-with-ack", "next", function (error, answer) {
          t.is(error, null, "error");
          t.is(answer, "next", "answer");
          t.is(left.slice(0, 4), [UNHEARD, UNHEARD, UNHEARD, "message-with-ack"], "what left");
          t.done();
        });
      });
    }
  });

  features.add({
    name: "emitWithAck: a promise, or a clear error where there is none",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        if (typeof Promise === "undefined") {
          try {
            socket.emitWithAck("message-with-ack", 1);
            t.fail("it did not throw");
          } catch (error) {
            t.ok(/Promise/.test(error.message), error.message);
            t.done();
          }
          return;
        }
        socket.emitWithAck("message-with-ack", { bytes: BYTES }).then(function (answer) {
          t.is(answer, { bytes: BYTES }, "answer");
          return socket.timeout(50).emitWithAck(UNHEARD).then(function () {
            t.fail("it was answered");
          }, function (error) {
            t.is(error.message, "operation has timed out", "message");
            t.done();
          });
        });
      });
    }
  });
})();

// What goes to several sockets. Room names are new each time: other runs share the server.
(function () {
  "use strict";

  // Two sockets, each over its own session.
  function pair(t, namespace, then) {
    t.connect(namespace, {}, function (one) {
      t.connect(namespace, {}, function (two) {
        then(one, two);
      });
    });
  }

  features.add({
    name: "rooms: join, rooms, leave",
    run: function (t) {
      var a = t.unique("a-é");
      var b = t.unique("b-");
      t.connect("/", {}, function (socket) {
        socket.emit("join", b, function (joined) {
          t.is(joined, "ok", "join");
          socket.emit("join", a, function () {
            socket.emit("rooms", function (rooms) {
              t.is(rooms, [a, b], "rooms");
              socket.emit("leave", a, function (left) {
                t.is(left, "ok", "leave");
                socket.emit("rooms", function (rest) {
                  t.is(rest, [b], "rooms");
                  t.done();
                });
              });
            });
          });
        });
      });
    }
  });

  features.add({
    name: "rooms: to others, to all, to all except",
    run: function (t) {
      var room = t.unique("room-");
      var quiet = t.unique("quiet-");
      pair(t, "/custom", function (one, two) {
        var heard = { one: [], two: [] };
        one.on("room-event", function (from, what) {
          t.is(from, room, "room");
          heard.one.push(what);
        });
        two.on("room-event", function (from, what, bytes) {
          t.is(from, room, "room");
          if (what === "with bytes") t.is(bytes, new Uint8Array([9, 8]), "bytes");
          heard.two.push(what);
        });
        one.emit("join", room, function () {
          one.emit("join", quiet, function () {
            two.emit("join", room, function () {
              one.emit("to-others", room, "others");
              one.emit("to-all", room, "with bytes", new Uint8Array([9, 8]));
              one.emit("to-except", room, quiet, "except");
              // Behind everything that comes to either.
              one.emit("message-with-ack", 1, function () {
                two.emit("message-with-ack", 1, function () {
                  t.is(heard.one, ["with bytes"], "the sender");
                  t.is(heard.two, ["others", "with bytes", "except"], "the other");
                  t.done();
                });
              });
            });
          });
        });
      });
    }
  });

  features.add({
    name: "broadcast: to everybody else in the namespace",
    run: function (t) {
      pair(t, "/dynamic-" + String(Math.random()).slice(2), function (one, two) {
        one.on("broadcast-event", function () { t.fail("to the sender"); });
        two.on("broadcast-event", function (text, bytes) {
          t.is(text, "all");
          t.is(bytes, new Uint8Array([1]), "bytes");
          one.emit("message-with-ack", 1, t.done.bind(t));
        });
        one.emit("broadcast", "all", new Uint8Array([1]));
      });
    }
  });
})();

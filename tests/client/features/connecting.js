// How a socket comes to be connected, and what it then knows.
features.add({
  name: "connect",
  run: function (t) {
    t.connect("/", {}, function (socket) {
      t.is(typeof socket.id, "string", "id");
      t.ok(socket.connected && socket.active && !socket.disconnected, "it says so");
      t.ok(socket.id !== socket.io.engine.id, "its id is not the session's, which is secret");
      socket.emit("handshake", function (handshake) {
        t.is(handshake.sid, socket.id, "sid");
        t.is(handshake.nsp, "/", "namespace");
        t.done();
      });
    });
  }
});

features.add({
  name: "transport name",
  run: function (t) {
    var first = t.context.mode === "websocket" ? "websocket" : "polling";
    var last = t.context.mode === "polling" ? "polling" : "websocket";
    var socket = t.socket("/");
    socket.io.once("open", function () {
      t.is(socket.io.engine.transport.name, first, "at first");
      socket.io.engine.on("upgrade", function (transport) {
        t.is(transport.name, last, "told by upgrade");
        t.is(t.context.mode, "upgrade", "a mode that upgrades");
      });
    });
    socket.once("connect", function () {
      t.settled(socket, function () {
        t.is(socket.io.engine.transport.name, last, "at last");
        // And the server agrees: this goes over it and back.
        socket.emit("message-with-ack", 1, t.done.bind(t));
      });
    });
  }
});

features.add({
  name: "auth object",
  run: function (t) {
    var socket = t.socket("/", { auth: { token: "abc", list: [1, { deep: "é" }] } });
    socket.on("auth", function (auth) {
      t.is(auth, { token: "abc", list: [1, { deep: "é" }] }, "auth");
      t.done();
    });
  }
});

features.add({
  name: "auth function, asked at each connect",
  may: { connect: 2, disconnect: 1 },
  run: function (t) {
    var calls = 0;
    var socket = t.socket("/", {
      auth: function (give) {
        var call = ++calls;
        setTimeout(function () { give({ call: call }); }, 0);
      }
    });
    socket.on("auth", function (auth) {
      t.is(auth, { call: calls }, "auth");
      if (calls === 1) socket.disconnect().connect();
      else t.done();
    });
  }
});

features.add({
  name: "query reaches the server",
  run: function (t) {
    t.connect("/", { query: { "a b": "c&d=é", n: 1 } }, function (socket) {
      socket.emit("handshake", function (handshake) {
        t.is(handshake.query["a b"], "c&d=é", "query");
        t.is(handshake.query.n, "1", "query");
        t.is(handshake.query.EIO, "4", "query");
        t.done();
      });
    });
  }
});

features.add({
  name: "/auth refuses, then lets in",
  may: { connect: 1, connect_error: 1 },
  run: function (t) {
    var socket = t.socket("/auth", { auth: { token: "wrong" } });
    socket.once("connect_error", function (error) {
      t.is(error.message, "not authorized", "message");
      t.is(error.data, { code: "E_AUTH", retry: false }, "data");
      t.ok(error instanceof Error || error.stack, "it is an Error");
      t.is(socket.active, false, "active");
      t.is(socket.connected, false, "connected");
      socket.auth = { token: "secret" };
      socket.connect();
      t.is(socket.active, true, "active again");
    });
    socket.once("connect", t.done.bind(t));
  }
});

features.add({
  name: "unknown namespace",
  may: { connect_error: 1 },
  run: function (t) {
    t.socket("/nowhere").once("connect_error", function (error) {
      t.is(error.message, "Invalid namespace", "message");
      t.is(this.active, false, "active");
      t.done();
    });
  }
});

features.add({
  name: "namespaces share one session",
  may: { connect: 1, disconnect: 1 },
  run: function (t) {
    var options = { forceNew: false };
    // Names that no other run has used: a socket that is there already gets a session of its own.
    var one = t.socket("/dynamic-" + String(Math.random()).slice(2), options);
    var two = t.socket("/dynamic-" + String(Math.random()).slice(2), options);
    var opened = 0;
    t.ok(one.io === two.io, "one manager");
    one.on("message-back", function () { t.fail("an event of the other namespace"); });
    [one, two].forEach(function (socket) {
      socket.once("connect", function () {
        socket.emit("handshake", function (handshake) {
          t.is(handshake.nsp, socket.nsp, "namespace");
          if (++opened === 2) leave();
        });
      });
    });
    function leave() {
      var session = one.io.engine.id;
      t.ok(one.id !== two.id, "ids of their own");
      two.once("message-back", function (text) {
        t.is(text, "only here");
        one.once("disconnect", function (reason) {
          t.is(reason, "io client disconnect", "reason");
          two.emit("message-with-ack", "still", function (answer) {
            t.is(answer, "still");
            t.is(two.io.engine.id, session, "session");
            t.done();
          });
        });
        one.disconnect();
      });
      two.emit("message", "only here");
    }
  }
});

features.add({
  name: "nobody there: tries again, then gives up",
  may: { connect_error: 3 },
  run: function (t) {
    var socket = t.socket("/", { url: t.context.nowhere, reconnectionAttempts: 2 });
    var attempts = [];
    socket.on("connect_error", function (error) {
      t.ok(error.message.length > 10, "a message that says something: " + error.message);
      t.is(socket.active, true, "active");
    });
    socket.io.on("reconnect_attempt", function (attempt) { attempts.push(attempt); });
    socket.io.on("reconnect_failed", function () {
      t.is(attempts, [1, 2], "attempts");
      t.done();
    });
  }
});

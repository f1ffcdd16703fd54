// What events carry. Everything is sent to the server, which sends it back.
(function () {
  "use strict";

  // All arguments there and back in one event.
  function echo(t, sent, expected, then) {
    t.connect("/", {}, function (socket) {
      socket.once("message-back", function () {
        var came = Array.prototype.slice.call(arguments);
        if (t.is(came, expected, "echo")) then ? then(came) : t.done();
      });
      socket.emit.apply(socket, ["message"].concat(sent));
    });
  }

  function bytes(count) {
    var view = new Uint8Array(count);
    for (var index = 0; index < count; index++) view[index] = (index * 7 + (index >> 8)) & 255;
    return view;
  }

  function repeat(text, count) {
    return new Array(count + 1).join(text);
  }

  function addEcho(name, make, lacks) {
    features.add({
      name: name,
      lacks: lacks,
      run: function (t) {
        var sample = make(t);
        echo(t, sample.sent, sample.expected || sample.sent);
      }
    });
  }

  function lacksBlob() {
    try {
      return new Blob([bytes(2)]).size === 2 ? "" : "no Blob of bytes";
    } catch (error) {
      return "no Blob";
    }
  }

  addEcho("text: any character", function () {
    var every = "";
    for (var code = 0; code < 256; code++) every += String.fromCharCode(code);
    return { sent: ["", every, "\u0000", "\u001e|\u001e", "\u2028\u2029", "\ud83d\ude00\ud835\udcb3", "\ufeffbom", "\uffff", "\\u0041\"\\\"'"] };
  });

  addEcho("text: halves of pairs", function () {
    return { sent: ["\ud800", "\udc00x", "x\ud83d", "\ude00\ud83d", { "\udfff": "\ud800\ud800\udc00" }] };
  });

  addEcho("text: 300 KB", function () {
    return { sent: [repeat("0123456789", 30000), repeat("\u00e9\ud83d\ude00", 20000)] };
  });

  addEcho("values of JSON", function () {
    var sent = [0, -1.5, 1e21, true, false, null, [], {}, [[[]]], { a: { b: [1, { c: null }] }, "": 1, "a.b": 2 }];
    return {
      sent: sent.concat([undefined, new Date(0), { gone: undefined }]),
      expected: sent.concat([null, "1970-01-01T00:00:00.000Z", {}])
    };
  });

  addEcho("binary: ArrayBuffer", function () {
    return { sent: [bytes(256).buffer, bytes(1).buffer] };
  });

  addEcho("binary: a view of a part of a buffer", function () {
    var whole = bytes(64).buffer;
    return {
      sent: [new Uint8Array(whole, 3, 10), new Uint16Array(whole, 8, 4), new DataView(whole, 5, 7), new Uint8Array(whole)],
      expected: [whole.slice(3, 13), whole.slice(8, 16), whole.slice(5, 12), whole]
    };
  });

  addEcho("binary: nested", function () {
    return { sent: ["first", { a: [bytes(3), { b: bytes(4), c: "text" }], d: null }, [[bytes(5)]], { _placeholder: false, num: 0 }] };
  });

  addEcho("binary: empty", function () {
    return { sent: [new ArrayBuffer(0), "between", { leaf: new Uint8Array(0) }, bytes(2)] };
  });

  addEcho("binary: Buffer", function () {
    // One of Node's small ones is a part of a pool.
    return { sent: [Buffer.from("pooled"), { deep: [Buffer.from([0, 255])] }] };
  }, function () {
    return typeof Buffer === "undefined" ? "no Buffer outside of Node" : "";
  });

  addEcho("binary: Blob", function () {
    return {
      sent: [new Blob([bytes(300)], { type: "image/png" }), { deep: [new Blob(["text"]), new Blob([])] }],
      expected: [bytes(300), { deep: [new Uint8Array([116, 101, 120, 116]), new Uint8Array(0)] }]
    };
  }, lacksBlob);

  features.add({
    name: "binary: a Blob, which has to be read, keeps its place",
    lacks: lacksBlob,
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var came = [];
        socket.on("message-back", function (value) {
          came.push(typeof value === "string" ? value : "bytes");
          if (came.length === 4) {
            t.is(came, ["before", "bytes", "after", "bytes"], "order");
            t.done();
          }
        });
        socket.emit("message", "before");
        socket.emit("message", new Blob([bytes(50000)]));
        socket.emit("message", "after");
        socket.emit("message", bytes(10));
      });
    }
  });

  features.add({
    name: "binary comes as ArrayBuffer, or Buffer in Node",
    run: function (t) {
      echo(t, [bytes(9)], [bytes(9)], function (came) {
        var name = Object.prototype.toString.call(came[0]);
        t.is(name, t.context.buffers ? "[object Uint8Array]" : "[object ArrayBuffer]", "type");
        if (t.context.buffers) t.ok(Buffer.isBuffer(came[0]), "a Buffer");
        t.done();
      });
    }
  });

  features.add({
    name: "large: 700 KB of bytes in one message",
    run: function (t) {
      echo(t, [bytes(700000)], [bytes(700000)]);
    }
  });

  features.add({
    name: "large: 1.4 MB at once, in messages below the limit",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var came = 0;
        socket.on("message-back", function (number, text) {
          t.is(number, came++, "order");
          t.is(text.length, 120000, "length");
          if (came === 12) t.done();
        });
        for (var number = 0; number < 12; number++) socket.emit("message", number, repeat("x", 120000));
      });
    }
  });

  features.add({
    name: "large: over the limit is an error, and nothing is sent",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var thrown;
        try {
          socket.emit("message", repeat("x", 1200000));
        } catch (error) {
          thrown = error;
        }
        t.ok(thrown && /^encke: a message of 1200016 bytes/.test(thrown.message), "error: " + thrown);
        socket.emit("message-with-ack", "after", function (answer) {
          t.is(answer, "after");
          t.done();
        });
      });
    }
  });

  features.add({
    name: "a cycle is an error, and nothing is sent",
    run: function (t) {
      t.connect("/", {}, function (socket) {
        var cycle = { a: [] };
        var thrown;
        cycle.a.push(cycle);
        socket.on("message-back", function (text) {
          t.is(text, "after");
          t.ok(thrown, "it threw");
          t.done();
        });
        try {
          socket.emit("message", cycle);
        } catch (error) {
          thrown = error;
        }
        socket.emit("message", "after");
      });
    }
  });
})();

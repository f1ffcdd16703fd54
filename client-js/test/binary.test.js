// Bytes: what counts as such, how they travel, and how they are handed out.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connected, handshake, record } from "./support/connect.js";
import { io } from "./support/library.js";
import { FakeClock } from "./support/clock.js";
import { Wire } from "./support/wire.js";

const bytesOf = (binary) => [...new Uint8Array(binary)];
const { buffer } = new Uint8Array([9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9]);

suite("go up", () => {
  for (const [name, value, expected] of [
    ["an ArrayBuffer", new Uint8Array([1, 2]).buffer, [1, 2]],
    ["an empty one", new ArrayBuffer(0), []],
    ["a view of a whole buffer", new Uint8Array([1, 2]), [1, 2]],
    ["a view of a part", new Uint8Array(buffer, 1, 3), [1, 2, 3]],
    ["an empty view", new Uint8Array(buffer, 1, 0), []],
    ["a view of larger numbers", new Uint16Array(buffer, 2, 2), [2, 3, 4, 5]],
    ["a DataView", new DataView(buffer, 4, 2), [4, 5]],
    ["a Buffer out of a pool", Buffer.from("AQID", "base64"), [1, 2, 3]],
  ]) {
    test(name, (t) => {
      const { socket, leg } = connected(t);
      socket.emit("a", value);
      const [header, ...attachments] = leg.take();
      assert.equal(header, '451-["a",{"_placeholder":true,"num":0}]');
      assert.deepEqual(attachments.map(bytesOf), [expected]);
      assert.ok(attachments[0] instanceof ArrayBuffer);
    });
  }

  test("from any depth, in the order in which JSON has them, and the data stays as it was", (t) => {
    const { socket, leg } = connected(t);
    const data = { list: [new Uint8Array([1]), { deep: new Uint8Array([2]) }], last: new Uint8Array([3]), text: "x" };
    socket.emit("a", data);
    const [header, ...attachments] = leg.take();
    const place = (num) => ({ _placeholder: true, num });
    assert.equal(
      header,
      `453-${JSON.stringify(["a", { list: [place(0), { deep: place(1) }], last: place(2), text: "x" }])}`,
    );
    assert.deepEqual(attachments.map(bytesOf), [[1], [2], [3]]);
    assert.ok(data.list[1].deep instanceof Uint8Array);
  });

  test("a packet with attachments is not parted by another", (t) => {
    const { socket, network } = connected(t, { transports: ({ polling }) => [polling] });
    socket.emit("first");
    socket.emit("bytes", new Uint8Array([1]));
    socket.emit("last");
    const [first, header, bytes, last] = network.takePosts();
    assert.deepEqual(
      [first, header, last],
      ['42["first"]', '451-["bytes",{"_placeholder":true,"num":0}]', '42["last"]'],
    );
    assert.deepEqual(bytesOf(bytes), [1]);
  });

  test("an object that only looks like bytes is data", (t) => {
    const { socket, leg } = connected(t);
    socket.emit("a", { byteLength: 3, buffer: {} }, { byteLength: 3 });
    assert.deepEqual(leg.take(), ['42["a",{"byteLength":3,"buffer":{}},{"byteLength":3}]']);
  });
});

suite("come down", () => {
  test("as Buffers in Node, where they belong, once all are there", (t) => {
    const { socket, leg } = connected(t);
    const heard = record(socket, "a");
    leg.packet('452-["a",{"x":[{"_placeholder":true,"num":1}],"y":{"_placeholder":true,"num":0}}]');
    leg.packet(new Uint8Array([1, 2]).buffer);
    assert.deepEqual(heard, []);
    leg.packet("2", new ArrayBuffer(0));
    const [[, data]] = heard;
    assert.ok(Buffer.isBuffer(data.y));
    assert.deepEqual([bytesOf(data.x[0]), bytesOf(data.y)], [[], [1, 2]]);
  });

  for (const [name, packets] of Object.entries({
    "bytes that nothing announced": [new ArrayBuffer(1)],
    "text before the bytes that were announced": ['451-["a",{"_placeholder":true,"num":0}]', '42["b"]'],
    "more attachments than maxAttachments": ['453-["a",{"_placeholder":true,"num":0}]'],
  })) {
    test(`${name} end the connection`, (t) => {
      const { socket, leg } = connected(t, { maxAttachments: 2 });
      const heard = record(socket, "disconnect", "a", "b");
      leg.packet(...packets);
      assert.deepEqual(
        heard.map(([event, reason]) => [event, reason]),
        [["disconnect", "parse error"]],
      );
    });
  }

  test("what a lost connection did not complete is forgotten", (t) => {
    const { socket, leg, network, clock } = connected(t, { randomizationFactor: 0 });
    const heard = record(socket, "a", "b");
    leg.packet('451-["a",{"_placeholder":true,"num":0}]').lose("transport close");
    clock.advance(1000);
    network.leg().open().packet(handshake(), '40{"sid":"b"}', '42["b"]');
    assert.deepEqual(heard, [["b"]]);
    assert.equal(socket.connected, true);
  });
});

suite("Blobs", () => {
  test("go up a WebSocket as they are", (t) => {
    const { socket, leg } = connected(t);
    const blob = new Blob([new Uint8Array([1, 2])]);
    socket.emit("a", { file: blob });
    assert.deepEqual(leg.take(), ['451-["a",{"file":{"_placeholder":true,"num":0}}]', blob]);
  });

  /** What a browser has and Node does not. The function that this gives ends a read, of the first that is under way or of another. */
  function stubReader(t, result = (blob) => `data:application/octet-stream;base64,${blob.base64}`) {
    const waiting = [];
    globalThis.FileReader = class {
      readAsDataURL(blob) {
        waiting.push(() => {
          this.result = result(blob);
          this.onload?.();
          this.onloadend?.();
        });
      }
    };
    t.after(() => delete globalThis.FileReader);
    const read = (index = 0) => waiting.splice(index, 1)[0]();
    return Object.assign(read, { waiting: () => waiting.length });
  }

  function polling(t) {
    const wire = new Wire().install(t);
    const socket = io("http://server.test", { clock: new FakeClock(), forceNew: true, transports: ["polling"] });
    t.after(() => socket.disconnect());
    wire.leg().answer(handshake());
    wire.post.respond(200, "ok");
    wire.leg().answer('40{"sid":"a"}');
    return { wire, socket, bodies: () => wire.posts.slice(1).map(({ body }) => body) };
  }

  const blobOf = (base64) => Object.assign(new Blob([Buffer.from(base64, "base64")]), { base64 });

  test("go up in a POST once they are read, with nothing out of order", (t) => {
    const read = stubReader(t);
    const { wire, socket, bodies } = polling(t);
    socket.emit("a", blobOf("AQI="), blobOf("AwQ="));
    socket.emit("b");
    // Those that are read later are done first.
    for (let round = 0; round < 4; round++) {
      while (read.waiting() > 0) read(read.waiting() - 1);
      if (!wire.post.isOver) wire.post.respond(200, "ok");
    }
    assert.deepEqual(bodies().join("\x1e").split("\x1e"), [
      '452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      "bAQI=",
      "bAwQ=",
      '42["b"]',
    ]);
  });

  test("go up in Node, which has no FileReader", async (t) => {
    const { wire, socket, bodies } = polling(t);
    socket.emit("a", new Blob([new Uint8Array([1, 2])]));
    if (wire.posts.length > 1) wire.post.respond(200, "ok");
    while (!bodies().join("\x1e").includes("bAQI=")) await new Promise((resolve) => setImmediate(resolve));
    const [header, bytes] = bodies().join("\x1e").split("\x1e");
    assert.deepEqual([header, bytes], ['451-["a",{"_placeholder":true,"num":0}]', "bAQI="]);
  });

  test("what is read when the session is lost does not go up", (t) => {
    const read = stubReader(t);
    const { wire, socket, bodies } = polling(t);
    socket.emit("a", blobOf("AQI="));
    if (wire.posts.length > 1) wire.post.respond(200, "ok");
    wire.leg().lose();
    while (read.waiting() > 0) read();
    assert.equal(bodies().join().includes("AQI="), false);
    assert.deepEqual(wire.faults, []);
  });

  test("an empty one, of which some engines say no more than `data:`", (t) => {
    const read = stubReader(t, () => "data:");
    const { wire, socket, bodies } = polling(t);
    socket.emit("a", blobOf(""));
    wire.post.respond(200, "ok");
    read();
    assert.match(bodies().join("\x1e"), /\x1eb$/);
  });

  test("one that can not be read ends in an error, not in empty bytes", (t) => {
    const read = stubReader(t, () => null);
    const { wire, socket, bodies } = polling(t);
    const heard = record(socket, "disconnect");
    socket.emit("a", blobOf("AQI="));
    wire.post.respond(200, "ok");
    read();
    assert.equal(bodies().join("\x1e").endsWith("\x1eb"), false);
    assert.equal(heard.length, 1);
  });
});

suite("text that JSON.stringify leaves alone", () => {
  test("half of a surrogate pair is escaped where the engine does not", (t) => {
    const { socket, leg } = connected(t);
    const { stringify } = JSON;
    // As engines before 2019 have it.
    t.mock.method(JSON, "stringify", (...args) =>
      stringify(...args).replace(/\\u(d[89a-f][0-9a-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16))),
    );
    socket.emit("a", "\ud800", "x\udc00y", "😀\ud83d", { "\udfff": 1 });
    assert.deepEqual(leg.take(), ['42["a","\\ud800","x\\udc00y","😀\\ud83d",{"\\udfff":1}]']);
  });

  test("and where it does", (t) => {
    const { socket, leg } = connected(t);
    socket.emit("a", "\ud800", "😀", "\u2028");
    assert.deepEqual(leg.take(), ['42["a","\\ud800","😀","\u2028"]']);
  });
});

suite("20,000 levels", () => {
  const DEPTH = 20000;
  const deep = (inner) => "[".repeat(DEPTH) + inner + "]".repeat(DEPTH);

  test("come down", (t) => {
    const { socket, leg } = connected(t);
    const heard = record(socket, "a", "b", "disconnect");
    leg.packet(`42["a",${deep("1")}]`, '42["b"]');
    let depth = 0;
    for (let value = heard[0][1]; Array.isArray(value); value = value[0]) depth += 1;
    assert.equal(depth, DEPTH);
    assert.deepEqual(heard[1], ["b"]);
  });

  test("come down with bytes: heard, or refused, but not an exception", (t) => {
    const { socket, leg } = connected(t);
    const heard = record(socket, "a", "disconnect");
    leg.packet(`451-["a",${deep('{"_placeholder":true,"num":0}')}]`, new ArrayBuffer(1));
    assert.equal(heard.length, 1);
    if (heard[0][0] === "disconnect") assert.equal(heard[0][1], "parse error");
  });

  test("go up, or are an error where they are emitted", (t) => {
    const { socket, leg } = connected(t);
    const value = JSON.parse(deep("1"));
    let refused;
    try {
      socket.emit("a", value);
    } catch (error) {
      refused = error;
    }
    if (refused) assert.ok(refused instanceof RangeError);
    else assert.equal(leg.take()[0], `42["a",${deep("1")}]`);
    leg.take();
    socket.emit("b");
    assert.deepEqual(leg.take(), ['42["b"]']);
  });
});

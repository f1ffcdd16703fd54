// Answers to events, in both directions, and events that are sent again until they are answered.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { form } from "./support/library.js";
import { connected, open, record, start } from "./support/connect.js";

const answersOf = () => {
  const answers = [];
  return [answers, (...answer) => answers.push(answer)];
};

suite("asking", () => {
  test("ids count from 0, and each answer finds its event", (t) => {
    const { socket, leg } = connected(t);
    const [answers, note] = answersOf();
    socket.emit("a", note);
    socket.emit("no ack");
    socket.emit("b", 1, note);
    assert.deepEqual(leg.take(), ['420["a"]', '42["no ack"]', '421["b",1]']);
    leg.packet('431["to b",2]', "430[]");
    assert.deepEqual(answers, [["to b", 2], []]);
  });

  test("an answer comes once, and unknown ones are ignored", (t) => {
    const { socket, leg } = connected(t);
    const [answers, note] = answersOf();
    socket.emit("a", note);
    leg.packet("430[1]", "430[2]", "4399[3]");
    assert.deepEqual(answers, [[1]]);
    assert.equal(socket.connected, true);
  });

  test("without a timeout a lost connection is not an answer", (t) => {
    const { socket, leg, clock } = connected(t);
    const [answers, note] = answersOf();
    socket.emit("a", note);
    leg.lose("transport close");
    clock.advance(1000000);
    assert.deepEqual(answers, []);
  });

  test("an answer of another session is not taken", (t) => {
    const { socket, network, leg, clock } = connected(t, { randomizationFactor: 0 });
    const [answers, note] = answersOf();
    socket.emit("a", note);
    leg.lose("transport close");
    clock.advance(1000);
    open(network).packet('40{"sid":"b"}', "430[1]");
    assert.deepEqual(answers, []);
  });
});

suite("with a timeout", () => {
  test("the answer has null before it, or there is an error", (t) => {
    const { socket, leg, clock } = connected(t);
    const [answers, note] = answersOf();
    socket.timeout(100).emit("a", note);
    socket.timeout(100).emit("b", note);
    socket.emit("c", note);
    leg.packet("430[1]");
    clock.advance(99);
    assert.deepEqual(answers, [[null, 1]]);
    clock.advance(1);
    assert.equal(answers.length, 2);
    assert.equal(answers[1][0].message, "operation has timed out");
    leg.packet("431[2]", "432[3]");
    assert.deepEqual(answers.slice(2), [[3]]);
  });

  test("ackTimeout is for all events, and timeout for one", (t) => {
    const { socket, clock } = connected(t, { ackTimeout: 1000 });
    const [answers, note] = answersOf();
    socket.emit("a", note);
    socket.timeout(10).emit("b", note);
    clock.advance(999);
    assert.equal(answers.length, 1);
    clock.advance(1);
    assert.equal(answers.length, 2);
  });

  test("a lost connection is an error at once", (t) => {
    const { socket, leg, clock } = connected(t);
    const [answers, note] = answersOf();
    socket.timeout(1000).emit("a", note);
    leg.lose("transport close");
    assert.equal(answers[0][0].message, "socket has been disconnected");
    clock.advance(1000);
    assert.equal(answers.length, 1);
  });

  test("what waits for a connect is taken back", (t) => {
    const { socket, network, clock } = start(t);
    const [answers, note] = answersOf();
    socket.timeout(100).emit("a", note);
    socket.emit("b", note);
    clock.advance(100);
    assert.equal(answers.length, 1);
    const leg = open(network).packet('40{"sid":"a"}');
    assert.deepEqual(leg.take(), ["40", '421["b"]']);
  });

  test("what waits for a connect is not given up for a connection that was lost before", (t) => {
    const { socket, network, leg, clock } = connected(t, { randomizationFactor: 0 });
    const [answers, note] = answersOf();
    socket.timeout(100000).emit("sent", note);
    leg.lose("transport close");
    socket.timeout(100000).emit("waiting", note);
    assert.equal(answers.length, 1);
    clock.advance(1000);
    network.leg().lose();
    assert.equal(answers.length, 1);
    clock.advance(2000);
    const next = open(network).packet('40{"sid":"b"}');
    assert.deepEqual(next.take(), ["40", '421["waiting"]']);
    next.packet("431[5]");
    assert.deepEqual(answers[1], [null, 5]);
  });
});

// The ES5 forms are run without the names that PhantomJS does not have, Promise among them.
if (form !== "source") {
  test("emitWithAck says so where there is no Promise", (t) => {
    const { socket } = connected(t);
    assert.throws(() => socket.emitWithAck("a"), /needs Promise/);
  });
}

test("what waits for a connect goes on waiting when the connection is lost before it", (t) => {
  const { socket, network, clock } = start(t, { randomizationFactor: 0 });
  const [answers, note] = answersOf();
  socket.timeout(100000).emit("a", note);
  open(network).lose("transport close");
  assert.deepEqual(answers, []);
  clock.advance(1000);
  const leg = open(network).packet('40{"sid":"a"}');
  assert.deepEqual(leg.take(), ["40", '420["a"]']);
  leg.packet("430[1]");
  assert.deepEqual(answers, [[null, 1]]);
});

// The ES5 forms are run without the names that PhantomJS does not have.
if (form === "source") suite("emitWithAck", () => {
  test("gives the answer", async (t) => {
    const { socket, leg } = connected(t);
    const answer = socket.emitWithAck("a", 1);
    assert.deepEqual(leg.take(), ['420["a",1]']);
    leg.packet('430["yes"]');
    assert.equal(await answer, "yes");
  });

  test("is broken by the timeout", async (t) => {
    const { socket, clock } = connected(t);
    const answer = socket.timeout(10).emitWithAck("a");
    clock.advance(10);
    await assert.rejects(answer, /timed out/);
  });

  test("is broken by a lost connection", async (t) => {
    const { socket, leg } = connected(t);
    const answer = socket.emitWithAck("a");
    leg.lose("transport close");
    await assert.rejects(answer, /disconnected/);
  });

  test("is broken by data that can not be sent", async (t) => {
    const { socket } = connected(t);
    await assert.rejects(socket.emitWithAck("a", 1n), TypeError);
    await assert.rejects(socket.emitWithAck("connect"), /reserved/);
  });
});

suite("answering", () => {
  test("once, with any arguments", (t) => {
    const { socket, leg } = connected(t);
    socket.on("a", (x, answer) => {
      answer(x, { y: 1 });
      answer("again");
    });
    leg.packet('427["a",5]');
    assert.deepEqual(leg.take(), ['437[5,{"y":1}]']);
  });

  test("with bytes", (t) => {
    const { socket, leg } = connected(t);
    socket.on("a", (answer) => answer(new Uint8Array([1, 2])));
    leg.packet('427["a"]');
    const [header, bytes] = leg.take();
    assert.equal(header, '461-7[{"_placeholder":true,"num":0}]');
    assert.deepEqual([...new Uint8Array(bytes)], [1, 2]);
  });

  test("too late, over another connection, is not sent", (t) => {
    const { socket, network, leg, clock } = connected(t, { randomizationFactor: 0 });
    let late;
    socket.on("a", (answer) => (late = answer));
    leg.packet('420["a"]').lose("transport close");
    late("nobody asks");
    clock.advance(1000);
    const next = open(network).packet('40{"sid":"b"}');
    next.take();
    late("somebody else asked");
    assert.deepEqual(next.take(), []);
  });

  test("an event of a session before it was let in", (t) => {
    const { socket, network } = start(t);
    socket.on("a", (answer) => answer(1));
    const leg = open(network).packet('420["a"]', '40{"sid":"a"}');
    assert.deepEqual(leg.take(), ["40", "430[1]"]);
  });
});

suite("retries", () => {
  test("events wait for each other's answers", (t) => {
    const { socket, leg } = connected(t, { retries: 2, ackTimeout: 100 });
    const [answers, note] = answersOf();
    socket.emit("a", note);
    socket.emit("b");
    assert.deepEqual(leg.take(), ['420["a"]']);
    leg.packet('430["yes"]');
    assert.deepEqual(answers, [[null, "yes"]]);
    assert.deepEqual(leg.take(), ['421["b"]']);
  });

  test("one that is not answered is sent again, and given up after that many", (t) => {
    const { socket, leg, clock } = connected(t, { retries: 2, ackTimeout: 100 });
    const [answers, note] = answersOf();
    socket.emit("a", 5, note);
    socket.emit("b");
    const sent = [];
    for (let round = 0; round < 4; round++) {
      sent.push(...leg.take());
      clock.advance(100);
    }
    assert.deepEqual(sent, ['420["a",5]', '421["a",5]', '422["a",5]', '423["b"]']);
    assert.equal(answers.length, 1);
    assert.ok(answers[0][0] instanceof Error);
  });

  test("one under way when the connection is lost goes first on the next", (t) => {
    const { socket, network, leg, clock } = connected(t, { retries: 3, ackTimeout: 10000, randomizationFactor: 0 });
    socket.emit("a");
    socket.emit("b");
    leg.lose("transport close");
    clock.advance(1000);
    const next = open(network).packet('40{"sid":"b"}');
    assert.deepEqual(next.take(), ["40", '421["a"]']);
    next.packet("431[]");
    assert.deepEqual(next.take(), ['422["b"]']);
  });

  test("without a timeout it is the connection that decides", (t) => {
    const { socket, network, leg, clock } = connected(t, { retries: 1, randomizationFactor: 0 });
    const [answers, note] = answersOf();
    socket.emit("a", note);
    clock.advance(24000);
    assert.deepEqual(leg.take(), ['420["a"]']);
    leg.lose("transport close");
    clock.advance(1000);
    const next = open(network).packet('40{"sid":"b"}');
    assert.deepEqual(next.take(), ["40", '421["a"]']);
    next.packet('431["yes"]');
    assert.deepEqual(answers, [[null, "yes"]]);
  });

  test("volatile events do not wait, and are not sent again", (t) => {
    const { socket, leg, clock } = connected(t, { retries: 2, ackTimeout: 100 });
    socket.emit("a");
    socket.volatile.emit("v");
    assert.deepEqual(leg.take(), ['420["a"]', '42["v"]']);
    clock.advance(100);
    assert.deepEqual(leg.take(), ['421["a"]']);
  });

  test("data that can not be sent is an error where it is emitted, and holds nothing up", (t) => {
    const { socket, network, clock } = start(t, { retries: 2, ackTimeout: 100 });
    const heard = record(socket, "connect");
    assert.throws(() => socket.emit("a", 1n), TypeError);
    socket.emit("b");
    const leg = open(network).packet('40{"sid":"a"}');
    assert.deepEqual(heard, [["connect"]]);
    assert.throws(() => socket.emit("c", 1n), TypeError);
    assert.deepEqual(leg.take(), ["40", '420["b"]']);
    leg.packet("430[]");
    socket.emit("d");
    assert.deepEqual(leg.take(), ['421["d"]']);
    clock.advance(0);
  });
});

// A session that outlives its legs, as an application sees it.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { catchThrown, connected, open, record, start } from "./support/connect.js";
import { failure } from "./support/network.js";

const resume = { window: 60000, buffer: 1000000 };

/** A socket that the server has let in, in a session that can resume. */
function resumable(t, { changes, ...options } = {}) {
  const all = start(t, { randomizationFactor: 0, ...options });
  const leg = open(all.network, { resume, ...changes });
  if (leg.transport === "websocket") {
    leg.packet('40{"sid":"id of the socket"}').take();
  } else {
    all.network.post.answer("71");
    leg.answer("71", '40{"sid":"id of the socket"}');
  }
  assert.equal(all.socket.connected, true);
  return { ...all, leg: all.network.leg() };
}

const polling = { transports: ({ polling }) => [polling] };

suite("asking", () => {
  for (const options of [{}, polling]) {
    test(`the handshake has encke=1, and nothing else has, by ${options.transports ? "polling" : "WebSocket"}`, (t) => {
      const { network, socket } = connected(t, options);
      socket.emit("a");
      const [first, ...others] = [...network.legs, ...network.posts].map(({ url }) => new URL(url).searchParams);
      assert.equal(first.get("encke"), "1");
      for (const query of others) assert.equal(query.get("encke"), null);
    });
  }

  test("a parameter of the application's own is not taken for it", (t) => {
    const { network } = connected(t, { ...polling, query: { encke: "mine", leg: "mine" } });
    const [first, second] = network.legs.map(({ query }) => query);
    assert.deepEqual([first.get("encke"), first.get("leg")], ["1", "mine"]);
    assert.deepEqual([second.get("encke"), second.get("leg")], ["mine", "mine"]);
  });

  test("each handshake asks anew", (t) => {
    const { network, clock, leg } = connected(t, { randomizationFactor: 0 });
    leg.lose();
    clock.advance(1000);
    assert.equal(network.leg().query.get("encke"), "1");
  });
});

suite("a leg is lost", () => {
  test("the socket stays connected, and what it emits waits", (t) => {
    const { network, socket, manager, leg } = resumable(t);
    const heard = record(socket, "connect", "disconnect", "connect_error");
    const managers = record(manager, "close", "open", "error", "reconnect_attempt", "reconnect", "reconnect_error");
    const engines = record(manager.engine, "detach", "resume", "close");
    socket.emit("before");
    leg.lose("transport error", failure("gone"));
    assert.equal(socket.connected, true);
    assert.equal(socket.recovered, false);
    socket.emit("meanwhile", 1);
    const next = network.leg().open().packet("71");
    assert.deepEqual(next.take(), ["82", '42["before"]', '42["meanwhile",1]']);
    assert.deepEqual([heard, managers], [[], []]);
    assert.deepEqual(
      engines.map(([event, about]) => [event, about]),
      [
        ["detach", "transport error"],
        ["resume", { sent: 2, received: 1 }],
      ],
    );
    assert.equal(engines[0][2].message, "gone");
    assert.equal(socket.recovered, true);
    assert.equal(socket.id, "id of the socket");
  });

  test("an ack that was waited for comes", (t) => {
    const { network, socket, leg } = resumable(t);
    const heard = [];
    socket.emit("ask", (answer) => heard.push(answer));
    leg.lose();
    network.leg().open().packet("72", '430["answer"]');
    assert.deepEqual(heard, ["answer"]);
  });

  test("what is volatile is dropped until another leg is there", (t) => {
    const { network, socket, leg } = resumable(t);
    leg.lose();
    socket.volatile.emit("dropped");
    const next = network.leg().open();
    socket.volatile.emit("dropped too");
    next.packet("71");
    socket.volatile.emit("sent");
    assert.deepEqual(next.take(), ["82", '42["sent"]']);
  });

  test("a socket that is not let in yet has recovered nothing", (t) => {
    const { network, socket } = start(t);
    open(network, { resume }).lose();
    network.leg().open().packet("70", "71", '40{"sid":"a"}');
    assert.deepEqual([socket.connected, socket.recovered], [true, false]);
  });

  test("a poll that is lost is no more than that", (t) => {
    const { network, socket, leg } = resumable(t, polling);
    const heard = record(socket, "disconnect");
    leg.lose();
    assert.equal(network.leg().query.get("wait"), "0");
    network.leg().answer("71", "6");
    assert.deepEqual([socket.connected, socket.recovered, heard], [true, true, []]);
  });

  test("`drain` is told when what waited is on its way", (t) => {
    const { network, manager, socket, leg } = resumable(t);
    leg.lose();
    const heard = record(manager.engine, "drain");
    socket.emit("a");
    assert.equal(heard.length, 0);
    network.leg().open().packet("71");
    assert.equal(heard.length, 1);
  });

  test("the transport is the one of the newest leg", (t) => {
    const both = ({ webSocket, polling }) => [webSocket, polling];
    const { network, clock, manager, leg } = resumable(t, { transports: both });
    leg.lose();
    network.leg().lose();
    assert.equal(manager.engine.transport.name, "websocket");
    clock.advance(1000);
    network.leg().answer("71", "6");
    assert.equal(manager.engine.transport.name, "polling");
  });
});

suite("the session is gone", () => {
  test("the application hears of it, and is connected anew", (t) => {
    const { network, clock, socket, leg } = resumable(t);
    const heard = record(socket, "connect", "disconnect");
    leg.lose();
    network.leg().open().packet("71");
    assert.equal(socket.recovered, true);
    network.leg().lose();
    clock.advance(1000);
    network.leg().open().packet('1{"code":1,"message":"Session ID unknown"}');
    assert.deepEqual(heard.map(([event, reason]) => [event, reason]), [["disconnect", "session gone"]]);
    assert.equal(heard[0][2].message, "Session ID unknown");
    clock.advance(1000);
    open(network, { resume, sid: "another" }).packet('40{"sid":"new"}');
    assert.deepEqual(heard.at(-1), ["connect"]);
    assert.deepEqual([socket.id, socket.recovered], ["new", false]);
  });

  test("an ack with a timeout hears that it was disconnected", (t) => {
    const { network, socket, leg } = resumable(t);
    const heard = [];
    socket.timeout(60000).emit("ask", (error) => heard.push(error.message));
    leg.lose();
    network.leg().open().packet('1{"code":1}');
    assert.deepEqual(heard, ["socket has been disconnected"]);
  });

  test("why the server ended it is told", (t) => {
    const { socket, leg } = resumable(t);
    const heard = record(socket, "disconnect");
    leg.packet('1{"code":1008,"message":"too slow"}');
    const [[, reason, error]] = heard;
    assert.deepEqual([reason, error.message, error.description], ["transport close", "too slow", 1008]);
  });
});

suite("what can not be sent", () => {
  const LIMITED = { maxPayload: 100 };
  const tooLarge = { message: /^encke: a message of 118 bytes; the server takes 100 at most$/ };

  for (const [name, begin] of [
    ["in a session that can resume", (t, options) => resumable(t, { changes: LIMITED, ...options })],
    ["in a plain session", (t, options) => {
      const all = start(t, options);
      const leg = open(all.network, LIMITED).packet('40{"sid":"a"}');
      leg.take();
      return { ...all, leg };
    }],
  ]) {
    suite(name, () => {
      test("a message that is too large throws where it is emitted", (t) => {
        const { socket, leg } = begin(t);
        const outgoing = [];
        socket.onAnyOutgoing((...args) => outgoing.push(args));
        assert.throws(() => socket.emit("a", "x".repeat(108)), tooLarge);
        assert.throws(() => socket.emit("a", "x".repeat(108), () => {}), { message: /of 119 bytes/ });
        assert.deepEqual([leg.take(), outgoing], [[], []]);
        socket.emit("b");
        assert.equal(socket.connected, true);
        assert.deepEqual(leg.take(), ['42["b"]']);
      });

      test("bytes that are too large throw, and so does the text around them", (t) => {
        const { socket, leg } = begin(t);
        assert.throws(() => socket.emit("a", new Uint8Array(101)), { message: /of 10[12] bytes/ });
        socket.emit("a", new Uint8Array(99));
        assert.equal(leg.take().length, 2);
      });

      test("an answer that is too large throws where it is given, and a smaller one can be", (t) => {
        const { socket, leg } = begin(t);
        let answer;
        socket.on("ask", (give) => {
          answer = give;
        });
        leg.packet('420["ask"]');
        assert.throws(() => answer("x".repeat(200)), { message: /the server takes 100 at most/ });
        answer("small");
        assert.deepEqual(leg.take(), ['430["small"]']);
      });

      test("an event with retries throws where it is emitted, and does not hold up the others", (t) => {
        const { socket, leg } = begin(t, { retries: 2 });
        assert.throws(() => socket.emit("a", "x".repeat(108)), tooLarge);
        socket.emit("b");
        assert.deepEqual(leg.take(), ['420["b"]']);
      });

      test("what was emitted before the connection was there is reported, and does not hold up the others", (t) => {
        const thrown = catchThrown(t);
        const all = start(t);
        all.socket.emit("a", "x".repeat(108));
        all.socket.emit("b");
        const leg = open(all.network, LIMITED).packet('40{"sid":"a"}');
        assert.deepEqual(leg.take(), ["40", '42["b"]']);
        assert.match(thrown[0].message, tooLarge.message);
      });
    });
  }

  test("base64 counts in a plain session by polling", (t) => {
    const { network, socket } = start(t, polling);
    open(network, LIMITED).answer('40{"sid":"a"}');
    network.takePosts();
    assert.throws(() => socket.emit("a", new Uint8Array(76)), { message: /of 105 bytes/ });
    socket.emit("a", new Uint8Array(72));
    assert.equal(network.post.packets.length, 1);
  });

  test("base64 does not count in a session that can resume", (t) => {
    const { network, socket } = resumable(t, { ...polling, changes: { maxPayload: 100 } });
    socket.emit("a", new Uint8Array(99));
    assert.equal(network.post.isOver, false);
    assert.throws(() => socket.emit("a", new Uint8Array(100)), { message: /of 101 bytes/ });
  });

  test("a message with what separates packets in a body", (t) => {
    const { manager, leg } = resumable(t);
    assert.throws(() => manager.engine.send("a\x1eb"), { message: "encke: a message with U+001E in it" });
    assert.deepEqual(leg.take(), []);
  });

  test("more than there is room for", (t) => {
    const { network, socket, leg } = resumable(t, { maxBuffer: 290 });
    leg.lose();
    for (let index = 1; index <= 3; index++) socket.emit("a", index);
    assert.throws(() => socket.emit("a", 4), { message: /^encke: more than 290 bytes wait to be sent, see the option maxBuffer/ });
    const next = network.leg().open().packet("71");
    assert.equal(next.take().length, 4);
    assert.throws(() => socket.emit("a", 4), { message: /maxBuffer/ });
    next.packet("72");
    socket.emit("a", 4);
    assert.deepEqual(next.take(), ['42["a",4]']);
  });

  test("more than there is room for, while a plain session's POST is under way", (t) => {
    const { network, socket } = connected(t, { ...polling, maxBuffer: 200 });
    for (let index = 1; index <= 3; index++) socket.emit("a", index);
    assert.throws(() => socket.emit("a", 4), { message: /maxBuffer/ });
    network.takePosts();
    socket.emit("a", 4);
    assert.deepEqual(network.takePosts(), ['42["a",4]']);
  });

  test("a disconnect passes all the same", (t) => {
    const { socket, leg } = resumable(t, { maxBuffer: 140 });
    socket.emit("a");
    socket.disconnect();
    assert.deepEqual(leg.take(), ['42["a"]', "41", "1"]);
  });

  test("a Blob that can not be read ends the session", (t) => {
    const { network, socket } = resumable(t, polling);
    const heard = record(socket, "disconnect");
    socket.emit("a");
    network.post.fail(failure("a Blob can not be read"));
    assert.deepEqual(heard.map(([, reason, error]) => [reason, error.message]), [["transport error", "a Blob can not be read"]]);
  });
});

suite("confirming", () => {
  test("after 64 KiB", (t) => {
    const { leg, clock } = resumable(t);
    leg.packet(`42["a","${"x".repeat(58000)}"]`);
    assert.deepEqual(leg.take(), []);
    leg.packet(`42["a","${"é".repeat(3700)}"]`);
    assert.deepEqual(leg.take(), ["73"]);
    leg.packet('451-["b",{"_placeholder":true,"num":0}]', new ArrayBuffer(65300));
    assert.deepEqual(leg.take(), []);
    leg.packet(`42["a","${"x".repeat(400)}"]`);
    assert.deepEqual(leg.take(), ["76"]);
    clock.advance(5000);
    assert.deepEqual(leg.take(), []);
  });

  test("a leg that is lost is not told", (t) => {
    const { network, clock, leg } = resumable(t);
    leg.packet('42["a"]').lose();
    clock.advance(2000);
    assert.equal(network.leg().query.get("recv"), "2");
    assert.deepEqual(network.leg().take(), []);
  });
});

test("a session whose limits are no numbers has none", (t) => {
  const { network, clock, socket, leg } = resumable(t, { changes: { resume: {} } });
  leg.lose();
  clock.advance(3600000);
  assert.equal(socket.connected, true);
  assert.ok(network.legs.length > 100);
});

// What gets lost between a client and a server, or comes twice, late or cut in half, and is no matter to a
// session that can resume. Each test fails without its rule in protocol/PROTOCOL.md.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { Cable } from "./support/cable.js";
import { modes } from "./support/conversation.js";
import { CuttingProxy, ways } from "./support/cutting-proxy.js";
import { Middleman } from "./support/middleman.js";
import { forms, load } from "./support/runtimes.js";
import { Server } from "./support/server.js";
import { Talk } from "./support/talk.js";
import { Witness } from "./support/witness.js";

const TEST_MS = 120_000;
const PORTAL = Buffer.from("<!DOCTYPE html><html><body>Please log in to the Wi-Fi</body></html>");
// Of every path of the conformance server, in bytes.
const MAX_PAYLOAD = 1_000_000;
// Of /socket.io/.
const PING_TIMEOUT_MS = 200;
const MOST_PAUSES = 8;
const KILLS = 15;
const KILL_MS = 200;

const isPoll = ({ isPost }) => !isPost;
const isMessages = ({ seq }) => seq !== null;
const bringsMessage = (exchange) => isPoll(exchange) && exchange.answer.packets.some((packet) => packet.startsWith("4"));
const bringsClose = (exchange) => isPoll(exchange) && exchange.answer.packets.some((packet) => packet.startsWith("1"));
const saysClose = ({ packets }) => packets.includes("1");

let server;
before(async () => {
  server = await Server.start("encke");
});
after(() => server?.stop());

for (const form of forms) {
  const { io } = load(form);

  // Over polling, with somebody between who reads every request.
  function between(name, run, options) {
    test(`${form}: ${name}`, { timeout: TEST_MS }, async (t) => {
      const middleman = await Middleman.before(t, server);
      const talk = await Talk.begin(t, io, middleman.url, "polling", options);
      await run({ t, middleman, talk });
    });
  }

  function inEachMode(name, run) {
    for (const mode of modes) test(`${form}, ${mode}: ${name}`, { timeout: TEST_MS }, (t) => run(t, mode));
  }

  // Spec: Legs, "Messages that the server has are skipped".
  between("a POST whose answer is lost", async ({ middleman, talk }) => {
    const lost = middleman.onRequest(isMessages, async (exchange) => {
      const answer = await exchange.ask();
      exchange.cut();
      return { ...exchange, answer };
    });
    const repeated = middleman.onAnswer(
      ({ seq }) => seq !== null,
      (exchange) => {
        exchange.give(exchange.answer);
        return exchange;
      },
    );
    // Or the client would learn from this one that the server has them.
    const poll = middleman.onAnswer(bringsMessage, async (exchange) => {
      await repeated;
      exchange.give(exchange.answer);
    });
    talk.say(3);
    const { seq, answer, packets } = await lost;
    assert.equal(String(answer.body), `7${seq + packets.length - 1}`);
    const again = await repeated;
    assert.deepEqual([again.seq, again.packets.slice(0, packets.length)], [seq, packets]);
    await poll;
    await talk.isExact();
  });

  // Spec: Legs, "any other body is a failure".
  between("a POST that a captive portal answers", async ({ middleman, talk }) => {
    const lost = middleman.onRequest(isMessages, (exchange) => {
      exchange.give({ status: 200, type: "text/html", body: PORTAL });
      return exchange;
    });
    talk.say(3);
    const { seq } = await lost;
    await talk.isExact();
    assert.equal(middleman.exchanges.filter((exchange) => exchange.seq === seq).length, 2);
  });

  between("a poll that a captive portal answers", async ({ middleman, talk }) => {
    const lost = middleman.onAnswer(bringsMessage, (exchange) => exchange.give({ status: 200, type: "text/html", body: PORTAL }));
    talk.say(3);
    await lost;
    await talk.isExact();
    assert.equal(talk.heard.detach.length, 1);
  });

  // Spec: Legs, "taken only once its body is whole, and nothing of one that is cut is".
  between("a body that is cut half way up", async ({ middleman, talk }) => {
    const lost = middleman.onRequest(isMessages, async (exchange) => {
      const had = await exchange.count();
      await exchange.askHalf();
      const has = await exchange.count();
      exchange.cut();
      return { had, has };
    });
    talk.say(10);
    const { had, has } = await lost;
    assert.equal(has, had);
    await talk.isExact();
  });

  // Spec: Confirming, "confirmed only by the next request's recv".
  for (const [how, lose] of [
    ["is lost", (exchange) => exchange.cut()],
    ["is cut half way", (exchange) => exchange.giveHalf(exchange.answer)],
  ]) {
    between(`a poll whose answer ${how}`, async ({ middleman, talk }) => {
      const lost = middleman.onAnswer(bringsMessage, async (exchange) => {
        await lose(exchange);
        return exchange;
      });
      talk.say(3);
      const { leg, recv } = await lost;
      await talk.isExact();
      const next = middleman.exchanges.find((exchange) => exchange.leg > leg);
      assert.equal(next.recv, recv);
    });
  }

  // Spec: Legs, "An equal one is the same leg asked for again, and takes the place of the former".
  between("the same GET twice, while it waits", async ({ middleman, talk }) => {
    // When nothing is on its way down, both wait.
    const isIdle = () => talk.heard["message-back"].length === 1;
    const doubled = middleman.onRequest((exchange) => isPoll(exchange) && isIdle(), async (exchange) => {
      const both = [exchange.ask(), exchange.ask()];
      const first = await Promise.race(both.map((asked, index) => asked.then((answer) => ({ answer, index }))));
      talk.say();
      exchange.give(await both[1 - first.index]);
      return first.answer;
    });
    talk.say();
    assert.deepEqual((await doubled).packets, ["6"]);
    await talk.isExact();
    assert.deepEqual(talk.heard.detach, []);
  });

  between("the same GET twice, when it is answered", async ({ middleman, talk }) => {
    const doubled = middleman.onAnswer(bringsMessage, async (exchange) => {
      const again = await exchange.ask();
      exchange.give(again);
      return [exchange.answer, again];
    });
    talk.say(3);
    const [answer, again] = await doubled;
    // What the server has of the client's may have grown between the two.
    const [first, second] = [answer, again].map(({ packets }) => packets.filter((packet) => !packet.startsWith("7")));
    assert.deepEqual(second.slice(0, first.length), first);
    await talk.isExact();
    assert.deepEqual(talk.heard.detach, []);
  });

  // Spec: Legs, "A request that a browser or a proxy repeats late does no harm".
  between("a GET repeated after a newer one", async ({ middleman, talk }) => {
    talk.say(2);
    await talk.isExact();
    const [old] = middleman.exchanges.filter(({ leg }) => leg > 0);
    const { status, packets } = await old.ask();
    assert.equal(status, 200);
    assert.match(packets.join(), /^1\{"code":409,/);
    talk.say(2);
    await talk.isExact();
    assert.deepEqual(talk.heard.detach, []);
  });

  // Spec: Legs, "one with other packets may overlap it".
  between(
    "a pong that overtakes a POST",
    async ({ middleman, talk }) => {
      const overtaken = middleman.onRequest(isMessages, async (exchange) => {
        const { answer } = await passed;
        const wasOpen = exchange.isOpen;
        exchange.give(await exchange.ask());
        return { seq: exchange.seq, answer, wasOpen };
      });
      const passed = middleman.onAnswer(
        ({ packets }) => packets.includes("3"),
        (exchange) => {
          exchange.give(exchange.answer);
          return exchange;
        },
      );
      talk.engine.once("ping", () => talk.say(3));
      const { seq, answer, wasOpen } = await overtaken;
      assert.ok(wasOpen, "the pong did not wait for the messages");
      assert.equal(answer.body.toString(), `7${seq - 1}`);
      await talk.isExact();
    },
    { path: "/socket.io" },
  );

  // Spec: Packets, "what fits a frame fits a POST as base64 too".
  between("a message that fits a frame but not a plain POST", async ({ middleman, talk }) => {
    const bytes = new Uint8Array(MAX_PAYLOAD - 1).map((_, index) => index % 251);
    const echo = talk.socket.emitWithAck("message-with-ack", bytes);
    assert.deepEqual(Buffer.from(await echo), Buffer.from(bytes));
    assert.ok(middleman.exchanges.some((exchange) => exchange.bytes > MAX_PAYLOAD));
    assert.throws(() => talk.socket.emit("message", new Uint8Array(MAX_PAYLOAD + 1)), /the server takes 1000000 at most/);
    await talk.isExact();
  });

  // Spec: Packets, "A text message that has U+001E in it is refused where it is sent".
  inEachMode("text with U+001E", async (t, mode) => {
    const talk = await Talk.begin(t, io, server.url, mode);
    assert.throws(() => talk.engine.send('2["message","\x1e"]'), /U\+001E/);
    assert.equal(await talk.socket.emitWithAck("message-with-ack", "a\x1e4b"), "a\x1e4b");
    await talk.isExact();
  });

  // Spec: Legs, rule 1 and "A refusal is given in band".
  inEachMode("a server that restarted", async (t, mode) => {
    const mortal = await Server.start("encke");
    t.after(() => mortal.stop());
    const talk = await Talk.begin(t, io, mortal.url, mode);
    const { id } = talk.socket;
    await mortal.stop();
    await talk.until("detach", 1);
    assert.equal(talk.socket.connected, true);
    talk.packets.length = 0;
    const answer = assert.rejects(talk.socket.emitWithAck("message-with-ack", "sent meanwhile"), /disconnected/);
    assert.deepEqual(talk.heard.disconnect, []);
    await mortal.start();
    const [reason] = await talk.until("disconnect", 1);
    assert.equal(reason, "session gone");
    // The first that the new server says is enough.
    assert.deepEqual(talk.packets.map(({ type, data }) => `${type} ${JSON.parse(data).code}`), ["close 1"]);
    await answer;
    await talk.until("connect", 2);
    assert.equal(talk.socket.recovered, false);
    assert.notEqual(talk.socket.id, id);
    assert.equal(await talk.socket.emitWithAck("message-with-ack", "again"), "again");
  });

  // Spec: The end, "In a resume session legs may break and be opened as ever".
  between("the server's last message and its close, lost", async ({ middleman, talk }) => {
    const lost = middleman.onAnswer(bringsClose, (exchange) => {
      exchange.cut();
      return exchange;
    });
    talk.say();
    talk.socket.emit("disconnect-me", true);
    const { recv } = await lost;
    const [reason] = await talk.until("disconnect", 1);
    assert.equal(reason, "io server disconnect");
    assert.deepEqual(talk.heard["message-back"], [[1]]);
    const last = middleman.exchanges.findLast(isPoll);
    assert.equal(last.recv, recv);
    assert.deepEqual(last.answer.packets.filter((packet) => packet.startsWith("1")).length, 1);
  });

  for (const way of ways) {
    test(`${form}, websocket: the server's last message and its close, cut by ${way} at each byte`, { timeout: TEST_MS }, async (t) => {
      const end = async (cut) => {
        const proxy = await CuttingProxy.before(server, cut);
        try {
          const talk = await Talk.begin(t, io, proxy.url, "websocket");
          const before = proxy.bytes.down;
          talk.say();
          talk.socket.emit("disconnect-me", true);
          const [reason] = await talk.until("disconnect", 1);
          assert.equal(reason, "io server disconnect");
          assert.deepEqual(talk.heard["message-back"], [[1]]);
          await talk.until("close", 1);
          return { before, after: proxy.bytes.down, hasCut: proxy.hasCut };
        } finally {
          proxy.stop();
        }
      };
      const whole = await end(null);
      for (let at = whole.before; at < whole.after; at += 1) assert.ok((await end({ direction: "down", at, way })).hasCut, `cut at ${at}`);
    });
  }

  // Spec: The end, "sends what it retains, then 1, and tries for 10 s".
  between("the client's last message and its close, whose answer is lost", async ({ t, middleman, talk }) => {
    const other = await Talk.begin(t, io, server.url, "websocket");
    const witness = await Witness.beside(t, server);
    const room = `room of ${talk.socket.id}`;
    assert.equal(await other.socket.emitWithAck("join", room), "ok");
    assert.equal(await talk.socket.emitWithAck("track", room), "ok");
    const lost = middleman.onRequest(saysClose, async (exchange) => {
      const answer = await exchange.ask();
      exchange.cut();
      return answer;
    });
    const repeated = middleman.onAnswer(saysClose, (exchange) => {
      exchange.give(exchange.answer);
      return exchange.answer;
    });
    // Or the client would learn from this one that the session is over.
    middleman.onAnswer(isPoll, async (exchange) => {
      await repeated;
      exchange.give(exchange.answer);
    });
    talk.socket.emit("to-others", room, 1);
    talk.socket.disconnect();
    assert.equal((await lost).status, 200);
    const answer = await repeated;
    assert.equal(answer.status, 400);
    assert.match(String(answer.body), /^\{"code":1,/);
    const [reason] = await talk.until("close", 1);
    assert.equal(reason, "forced close");
    assert.equal(await witness.reason(room, TEST_MS), "client namespace disconnect");
    await other.isExact(1);
  });

  // Two sockets at one server, of which one is behind a cable.
  async function pair(t, mode, near, options) {
    const cable = await Cable.before(t, near);
    const talk = await Talk.begin(t, io, cable.url, mode, options);
    const other = await Talk.begin(t, io, near.url, "websocket", options);
    const room = `room of ${talk.socket.id}`;
    assert.equal(await talk.socket.emitWithAck("join", room), "ok");
    let fed = 0;
    const feed = (count = 1) => {
      for (let index = 0; index < count; index += 1) other.socket.emit("to-others", room, ++fed);
    };
    return { cable, talk, other, feed, fed: () => fed };
  }

  // Spec: Losing a leg.
  inEachMode("the network gone", async (t, mode) => {
    const { cable, talk, other, feed, fed } = await pair(t, mode, server);
    cable.pull();
    talk.say(5);
    feed(5);
    await cable.refuse(5);
    talk.say(5);
    feed(5);
    // The server has them, and nobody to give them to.
    await other.isExact();
    assert.equal(talk.heard["room-event"].length, 0);
    cable.plug();
    await talk.until("resume", 1);
    assert.equal(talk.socket.recovered, true);
    await talk.isExact(fed());
  });

  // Spec: Heartbeat, "A client that hears nothing … gives its leg up likewise". What was on the way comes late.
  inEachMode("the network gone, and nobody told", async (t, mode) => {
    const { cable, talk, other, feed, fed } = await pair(t, mode, server, { path: "/socket.io" });
    cable.mute();
    talk.say(5);
    feed(5);
    await other.isExact();
    await talk.until("detach", 1);
    assert.equal(talk.heard.detach[0][0], "ping timeout");
    talk.say(5);
    cable.plug();
    await talk.until("resume", 1);
    await talk.isExact(fed());
  });

  inEachMode(`connections killed every ${KILL_MS} ms`, async (t, mode) => {
    const { cable, talk, feed, fed } = await pair(t, mode, server);
    let kills = 0;
    let isOver = false;
    talk.socket.on("message-back", () => {
      if (isOver) return;
      setImmediate(() => talk.say());
      feed();
    });
    talk.say(10);
    const killed = new Promise((resolve) => {
      const killer = setInterval(() => {
        cable.break(ways[kills % ways.length]);
        kills += 1;
        if (kills < KILLS) return;
        clearInterval(killer);
        resolve();
      }, KILL_MS);
    });
    await killed;
    isOver = true;
    // What is to be said at once is said.
    await pause(0);
    const before = talk.heard["message-back"].length;
    await talk.isExact(fed());
    assert.ok(before > KILLS, `${before} messages came between the kills`);
    assert.ok(talk.heard.detach.length >= KILLS / 3, `${talk.heard.detach.length} legs were lost`);
  });

  // Spec: Heartbeat, "Time in which the server did not run is not the client's silence".
  inEachMode("a server paused for longer than it waits for a pong", async (t, mode) => {
    const sleepy = await Server.start("encke");
    t.after(() => sleepy.stop());
    const cable = await Cable.before(t, sleepy);
    const talk = await Talk.begin(t, io, cable.url, mode, { path: "/socket.io" });
    const pinged = (happen) => new Promise((resolve) => talk.engine.once("ping", () => resolve(happen?.())));
    let before;
    let pauses = 0;
    // On a machine with much to do the client may wait too long, too: it takes another leg then, rightly.
    do {
      before = talk.heard.detach.length;
      talk.say(2);
      // Before the pong is sent, which then comes when the server has looked at its clock.
      await pinged(() => {
        sleepy.signal("SIGSTOP");
        cable.mute();
      });
      talk.say(3);
      await pause(PING_TIMEOUT_MS * 1.25);
      sleepy.signal("SIGCONT");
      await pause(PING_TIMEOUT_MS / 4);
      cable.plug();
      await talk.isExact();
      // It pings again, and the leg is still the same.
      await pinged();
      await talk.isExact();
      pauses += 1;
    } while (talk.heard.detach.length > before && pauses < MOST_PAUSES);
    assert.equal(talk.heard.detach.length, before, `the leg was lost in each of ${pauses} pauses`);
  });

  inEachMode("a server paused until the client takes another leg", async (t, mode) => {
    const sleepy = await Server.start("encke");
    t.after(() => sleepy.stop());
    const talk = await Talk.begin(t, io, sleepy.url, mode, { path: "/socket.io" });
    talk.say(2);
    sleepy.signal("SIGSTOP");
    talk.say(3);
    await talk.until("detach", 1);
    talk.say(3);
    sleepy.signal("SIGCONT");
    await talk.until("resume", 1);
    assert.equal(talk.socket.recovered, true);
    await talk.isExact();
  });
}

// Whatever a network does: while a session lives every message arrives once and in order, both ways, and
// it ends for both sides.
//
//   SEED=n     runs that seed alone, and prints what happened
//   SEEDS=n    runs so many, from 1 on
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "./support/clock.js";
import { BadNetwork, randomNumbers } from "./support/bad-network.js";
import { form, io, part } from "./support/library.js";
import { SERVER } from "./support/connect.js";

const SEEDS = Number(process.env.SEEDS ?? 3000);
const BATCH = 250;
const MESSAGES = 25;
/** Milliseconds for which the network is bad, and then those in which all is to be over. */
const BAD = 30000;
const GOOD = 60000;

/** Runs a seed. Gives what is wrong, in words. */
function simulate(t, seed) {
  const random = randomNumbers(seed);
  const clock = new FakeClock();
  const network = new BadNetwork(clock, random);
  const { server, polling, webSocket } = network;
  const mocked = t.mock.method(Math, "random", random);
  const choice = random();
  const manager = new io.Manager(SERVER, {
    autoConnect: false,
    reconnection: false,
    clock,
    transports: choice < 0.5 ? [polling, webSocket] : choice < 0.75 ? [polling] : [webSocket],
    timestampRequests: false,
    timeout: 5000,
  });
  manager.open();
  const { engine } = manager;
  const told = { received: [], closed: undefined, detached: 0, resumed: 0 };
  engine.off("message");
  engine.on("message", (text) => told.received.push(text));
  engine.on("close", (reason) => {
    told.closed = reason;
  });
  engine.on("detach", () => told.detached++);
  engine.on("resume", () => told.resumed++);
  clock.advance(3000);

  const up = [];
  const down = [];
  const say = () => {
    up.push(`up ${up.length + 1}`);
    engine.send(up.at(-1));
  };
  const emit = () => {
    down.push(`down ${down.length + 1}`);
    server.emit(down.at(-1));
  };
  for (let index = 0; index < MESSAGES; index++) {
    clock.set(say, random() * BAD);
    clock.set(emit, random() * BAD);
  }
  clock.set(() => network.heal(), BAD);
  clock.advance(BAD);
  const isClients = random() < 0.5;
  if (random() < 0.5) clock.advance(GOOD);
  const before = told.closed;
  say();
  if (isClients) {
    engine.close();
  } else {
    clock.advance(GOOD);
    emit();
    server.close();
  }
  clock.advance(GOOD);
  mocked.mock.restore();

  const faults = [...network.faults, ...server.faults];
  if (before !== undefined) faults.push(`closed before its time: ${before}`);
  if (told.closed !== (isClients ? "forced close" : "transport close")) faults.push(`closed: ${told.closed}`);
  if (!server.isOver) faults.push("the server does not know");
  // A client that leaves hears nothing more.
  const heard = isClients ? down.slice(0, told.received.length) : down;
  if (told.received.join() !== heard.join()) faults.push(`received: ${told.received.join()}`);
  if (server.heard.join() !== up.join()) faults.push(`heard: ${server.heard.join()}`);
  return { faults, told, log: network.log };
}

if (process.env.SEED !== undefined) {
  test(`seed ${process.env.SEED}`, (t) => {
    const { faults, log } = simulate(t, Number(process.env.SEED));
    console.log(log.join("\n"));
    assert.deepEqual(faults, []);
  });
} else {
  suite("sequences are exact", () => {
    for (let first = 1; first <= SEEDS; first += BATCH) {
      const last = Math.min(first + BATCH - 1, SEEDS);
      test(`seeds ${first} to ${last}`, (t) => {
        const wrong = [];
        let resumed = 0;
        for (let seed = first; seed <= last; seed++) {
          const { faults, told } = simulate(t, seed);
          if (faults.length > 0) wrong.push({ seed, faults });
          resumed += told.resumed;
        }
        t.diagnostic(`${resumed} times resumed`);
        assert.deepEqual(wrong, []);
        assert.ok(resumed > BATCH);
      });
    }
  });

  // What the rules are there for: without one of them some seed goes wrong. In bundles the methods have
  // other names.
  const BROKEN = {
    "what is sent counts as confirmed": async () => {
      const { Outbox } = await part("outbox");
      return [Outbox, "take", (take) => function (...args) {
        const taken = take.apply(this, args);
        this.confirm(this.sent);
        return taken;
      }];
    },
    "what an old leg brings is taken": async () => {
      const { Resume } = await part("resume");
      return [Resume, "handlePacket", (handle) => function (now, leg, packet) {
        this._letGo = () => {};
        handle.call(this, now, leg === this._former ? this._leg : leg, packet);
      }];
    },
    "no `8` on a new leg": async () => {
      const { Resume } = await part("resume");
      return [Resume, "_attach", (attach) => function (...args) {
        attach.apply(this, args);
        this._isNumbered = true;
      }];
    },
    "nothing goes up again": async () => {
      const { Outbox } = await part("outbox");
      return [Outbox, "rewind", () => () => {}];
    },
    "a message counts before it has come": async () => {
      const { Resume } = await part("resume");
      return [Resume, "_openLeg", (open) => function (now) {
        this._received++;
        open.call(this, now);
        this._received--;
      }];
    },
    "what is unconfirmed has no bound": async () => {
      const { Outbox } = await part("outbox");
      return [Outbox, "take", (take) => function (_most, body) {
        return take.call(this, Infinity, body);
      }];
    },
    "silence is waited out": async () => {
      const { Resume } = await part("resume");
      return [Resume, "_silentAt", () => () => Infinity];
    },
    "a POST without an answer is waited for": async () => {
      const { Upload } = await part("upload");
      return [Upload, "begin", (begin) => function (_until, ...rest) {
        begin.call(this, Infinity, ...rest);
      }];
    },
  };
  suite("a rule that is broken is noticed", () => {
    for (const [name, prepare] of form === "source" ? Object.entries(BROKEN) : []) {
      test(name, async (t) => {
        const [{ prototype }, method, change] = await prepare();
        const isOwn = Object.hasOwn(prototype, method);
        const real = prototype[method];
        prototype[method] = change(real);
        t.after(() => {
          if (isOwn) prototype[method] = real;
          else delete prototype[method];
        });
        let seed = 1;
        while (seed <= 2000 && simulate(t, seed).faults.length === 0) seed++;
        t.diagnostic(`seed ${seed}`);
        assert.ok(seed <= 2000);
      });
    }
  });
}

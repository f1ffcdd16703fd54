// A page and a friend of it in Node, who say numbers to each other and to the server all the while; and
// whether all of them came, once and in order, on a connection that was never lost.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { TRANSPORTS } from "./conversation.js";
import { load } from "./runtimes.js";
import { makeTalker } from "./scripts.js";

// Between two numbers of each.
const EVERY_MS = 50;
// Numbers that show that all goes on.
const SOME = 20;
const STEP_MS = 90_000;
// Between two looks, which take time of the pages.
const LOOK_MS = 100;
// Those to the joining of the namespace, of the room, and to the end; and the server's first event.
const ANSWERS = 4;

export class Dialogue {
  page;
  #friend;
  #last;

  // Resolves when both talk, the page over the transport that its mode ends up with. The friend, at `server`,
  // hears the page's numbers; the page has its server at `url`.
  static async begin(t, page, { server, url, mode, path }) {
    const dialogue = new Dialogue();
    dialogue.page = page;
    dialogue.#last = TRANSPORTS[mode].at(-1);
    const friend = (dialogue.#friend = makeTalker(load("encke.cjs").io));
    const options = { path, forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 200 };
    const room = `dialogue ${Math.random()}`;
    friend.begin(server.url, { ...options, transports: ["websocket"], WebSocket }, room);
    t.after(() => friend.leave());
    page.limit = STEP_MS;
    page.look = LOOK_MS;
    await page.evaluate("talker.begin", url, { ...options, transports: TRANSPORTS[mode] }, room);
    await dialogue.#friendly(() => friend.isSettled("websocket"));
    await dialogue.#until("talker.isSettled", dialogue.#last);
    friend.start(EVERY_MS);
    await page.evaluate("talker.start", EVERY_MS);
    await dialogue.goesOn();
    return dialogue;
  }

  // Until some more has come, both ways.
  async goesOn() {
    await this.#haveHeard((await this.page.evaluate("talker.said")) + SOME, this.#friend.said + SOME);
  }

  // Until the page has something over the transport of its mode again, since then; gives ms.
  async isBack(since) {
    const { ms } = await this.#until("talker.hasHeardOver", this.#last, since);
    return ms;
  }

  // Until the page has lost so many legs since then.
  async hasLost(legs, since) {
    await this.#until("talker.hasLost", legs, since);
  }

  // Until so many ms have passed in which the friend went on.
  async friendGoesOn(ms) {
    const { said } = this.#friend;
    await pause(ms);
    assert.ok(this.#friend.said > said, "the friend goes on");
  }

  // Both stop, and nothing is missing. Gives what the page has to tell.
  async isExact() {
    const { page } = this;
    const friend = this.#friend;
    const said = await page.evaluate("talker.stop");
    const friendSaid = friend.stop();
    await this.#haveHeard(said, friendSaid);
    friend.ask();
    await page.evaluate("talker.ask");
    await this.#until("talker.hasAnswer");
    await this.#friendly(friend.hasAnswer);
    const told = await page.evaluate("talker");
    try {
      check("the friend", friend, friendSaid, said);
      check("the page", told, said, friendSaid);
    } catch (error) {
      error.message += state(told);
      throw error;
    }
    return told;
  }

  async #haveHeard(said, friendSaid) {
    await this.#until("talker.hasHeard", said, friendSaid);
    await this.#friendly(() => this.#friend.hasHeard(friendSaid, said));
  }

  // Until the page says so; fails at once with what must not happen.
  async #until(source, ...args) {
    const look = `function () { return talker.failure || (${source}).apply(null, arguments); }`;
    try {
      const found = await this.page.until(look, ...args);
      if (typeof found === "string") throw new Error(`the page: ${found}`);
      return found;
    } catch (error) {
      const told = await this.page.evaluate("talker").catch(() => null);
      error.message += told ? state(told) : " [it does not answer]";
      throw error;
    }
  }

  // Until it is so in Node, likewise.
  async #friendly(isSo) {
    const friend = this.#friend;
    const end = Date.now() + STEP_MS;
    while (!isSo()) {
      const problem = friend.failure || (Date.now() > end && `not ${isSo} after ${STEP_MS} ms`);
      if (problem) throw new Error(`the friend: ${problem}${state(friend)}`);
      await pause(LOOK_MS);
    }
  }
}

// That somebody who has said so many numbers, and whose friend has said so many, heard what there was to hear.
function check(who, { own, friends, wrong, failure, messages }, said, friendSaid) {
  isSame(`${who}: what came back`, own, numbers(said, 2));
  isSame(`${who}: what the other has said`, friends, numbers(friendSaid, 1));
  assert.deepEqual(wrong, [], `${who}: another payload than was sent`);
  assert.equal(failure, "", `${who}: one connection`);
  // An event with bytes is two. Of an ack that is repeated no application hears, but an engine does.
  const heard = [...own, ...friends];
  assert.equal(messages, ANSWERS + heard.length + heard.filter((number) => number % 3 === 0).length, `${who}: messages of the engine`);
}

// Every second number up to the last.
function numbers(last, first) {
  return Array.from({ length: Math.max(0, Math.floor((last - first) / 2) + 1) }, (_, index) => first + 2 * index);
}

// As deepEqual, with the first difference alone: there are thousands.
function isSame(what, actual, expected) {
  const at = expected.findIndex((number, index) => number !== actual[index]);
  const from = at < 0 ? expected.length : at;
  if (at < 0 && actual.length === expected.length) return;
  const near = (list) => list.slice(Math.max(0, from - 3), from + 5).join(" ");
  assert.fail(`${what}: at ${from} of ${expected.length} came … ${near(actual)} … instead of … ${near(expected)} …`);
}

// For an error's message.
function state({ said, own, friends, story }) {
  const since = story[0]?.[0];
  const tale = story.map(([at, what]) => `${at - since} ms: ${what}`).join("; ");
  return ` [said ${said}, heard ${own.length} and ${friends.length}; ${tale}]`;
}

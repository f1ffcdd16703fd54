// Sockets over a network of which the test plays the other end.
import assert from "node:assert/strict";
import { io } from "./library.js";
import { FakeClock } from "./clock.js";
import { FakeNetwork } from "./network.js";

export const SERVER = "http://server.test";

/** What a server says first. */
export function handshake(changes = {}) {
  const open = { sid: "session", upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 };
  return `0${JSON.stringify({ ...open, ...changes })}`;
}

/**
 * A socket of the main namespace, or of `options.nsp`, that has just asked for a connection; over a
 * WebSocket, if the options do not name transports of the network: `({ polling }) => [polling]`.
 */
export function start(t, { transports = ({ webSocket }) => [webSocket], nsp = "", ...options } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  t.after(() => assert.deepEqual(network.faults, []));
  const socket = io(SERVER + nsp, { clock, forceNew: true, transports: transports(network), ...options });
  return { clock, network, socket, manager: socket.io };
}

/** The server takes the newest leg for a session. */
export function open(network, changes) {
  const leg = network.leg();
  if (leg.transport === "websocket") leg.open().packet(handshake(changes));
  else leg.answer(handshake(changes));
  return network.leg();
}

/** A socket that the server has let in. The packets up to there are taken off the leg. */
export function connected(t, options) {
  const all = start(t, options);
  const leg = open(all.network);
  const nsp = options?.nsp ? `${options.nsp},` : "";
  const reply = `40${nsp}{"sid":"id of the socket"}`;
  if (leg.transport === "websocket") {
    leg.packet(reply).take();
  } else {
    all.network.takePosts();
    leg.answer(reply);
  }
  assert.equal(all.socket.connected, true);
  return { ...all, leg: all.network.leg() };
}

/** Everything that is heard of an emitter's events, in order. */
export function record(emitter, ...events) {
  const heard = [];
  for (const event of events) emitter.on(event, (...args) => heard.push([event, ...args]));
  return heard;
}

/**
 * What the library hands to the engine because a listener threw it. Until the test is over it goes to
 * this list instead.
 */
export function catchThrown(t) {
  const thrown = [];
  const real = globalThis.setTimeout;
  globalThis.setTimeout = (callback, delay, ...rest) => {
    if (delay !== 0) return real(callback, delay, ...rest);
    try {
      callback();
    } catch (error) {
      thrown.push(error);
    }
    return undefined;
  };
  t.after(() => {
    globalThis.setTimeout = real;
  });
  return thrown;
}

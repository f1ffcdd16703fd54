// A session without the layer above: what its engine tells, and messages as they are.
import assert from "node:assert/strict";
import { io } from "./library.js";
import { FakeClock } from "./clock.js";
import { SERVER } from "./connect.js";
import { Wire } from "./wire.js";

/**
 * A session that has just been asked for, over stand-ins for what a browser carries it with.
 *
 * `heard` is what the engine tells, in order: `["open", sid]`, `["message", data]`,
 * `["upgrade", transport]`, `["upgradeError", message]`, `["detach", reason]`, `["resume", counts]`,
 * `["error", message]`, `["close", reason]`.
 */
export function startSession(t, { clock = new FakeClock(), tell = () => {}, ...options } = {}) {
  const wire = new Wire().install(t);
  t.after(() => assert.deepEqual(wire.faults, []));
  const manager = new io.Manager(SERVER, {
    autoConnect: false,
    reconnection: false,
    clock,
    WebSocket: wire.WebSocket,
    timestampRequests: false,
    ...options,
  });
  manager.on("error", () => {}).open();
  const { engine } = manager;
  const heard = [];
  const hear = (event, of) => {
    engine.on(event, (...args) => {
      heard.push([event, of(...args)]);
      tell(event, of(...args));
    });
  };
  // Its messages need not be Socket.IO's.
  engine.off("message");
  hear("open", () => engine.id);
  hear("message", (data) => data);
  hear("upgrade", ({ name }) => name);
  hear("upgradeError", ({ message }) => message);
  hear("detach", (reason) => reason);
  hear("resume", (about) => about);
  hear("error", ({ message }) => message);
  hear("close", (reason) => reason);
  return { wire, clock, manager, engine, heard };
}

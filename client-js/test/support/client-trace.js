// Replays a trace of a client's session, as a server, a network and an application see it.
//
// A trace has a `config` (options that differ from the defaults) and `steps`. What becomes due between
// two steps must be without outputs. Times are of a clock that nobody sets. Inputs:
//
// - `open`, which comes first; `timeout`: something is due now; `late timeout`: the client looks at
//   its clock after a sleep, for the first time since the step before; `{clock: ms}`: the system's
//   clock is put forward, or back;
// - `{leg, open}`, a WebSocket is open; `{leg, packet}` comes down it; `{leg, answer: body, status}`,
//   what a GET brings, with status 200 if nothing is said; `{leg, lost: reason}`;
// - `{posted: body, status}`, what a POST brings, or `post lost`; with `post`, its number among POSTs,
//   where that is not the newest;
// - `{send: message}` and `close` by the application; `leave`: the page goes away for good; `freeze`
//   and `wake`: it goes into the back/forward cache, and comes back.
//
// Outputs: `{opened: leg, transport, sid}`, without a sid for a handshake; `{leg, packet}` up a
// WebSocket; `{leg, end}`, the client closes a leg or breaks off a GET; `{post: body}` and
// `post broken off`; `{beacon: body}`; `{open: sid}`, `{message}`, `{upgraded: transport}`,
// `not upgraded`, `{detached: reason}`, `{resumed: {sent, received}}`, `refused` where a message can not
// be sent, `failed` where there was no handshake, and `{closed: reason}`. Legs are WebSockets and
// GETs, numbered as they were opened; binary is `{"$binary": base64}`, and base64 in bodies.
//
// In a session that can resume, what is opened or posted has with it what its query says: `wireLeg`
// (which is `leg`), `recv`, `seq` and `wait`.
import assert from "node:assert/strict";
import { FakePage } from "./page.js";
import { startSession } from "./session.js";
import { fromVector, toVector } from "./vectors.js";
import { numbersOf } from "./wire.js";

/** Events of the engine as traces have them. */
const EVENTS = {
  open: (sid) => ({ open: sid }),
  message: (message) => ({ message: toVector(message) }),
  upgrade: (upgraded) => ({ upgraded }),
  upgradeError: () => "not upgraded",
  detach: (detached) => ({ detached }),
  resume: (resumed) => ({ resumed }),
  error: () => "failed",
  close: (closed) => ({ closed }),
};

export function replayClient(t, { config, steps }) {
  const page = new FakePage().install(t);
  let session;
  let time = 0;
  const take = () => session.wire.log.splice(0).map(describe);

  for (const [index, { at_ms: at, input, outputs: expected }] of steps.entries()) {
    const where = `step ${index}, ${JSON.stringify(input)}`;
    if (input === "late timeout") {
      session.clock.jump(at - time);
    } else if (session !== undefined) {
      session.clock.advance(at - time - (input === "timeout" ? 1 : 0));
      assert.deepEqual(take(), [], `before ${where}`);
    }
    time = at;
    if (input === "open") session = begin(t, page, config);
    else act(session, page, input);
    assert.deepEqual(take(), expected, where);
  }
}

/** Everything that happens is told in the order in which it does. */
function begin(t, page, config) {
  const log = [];
  let hasFailed = false;
  const tell = (event, of) => {
    // A close behind it says the same again.
    if (!hasFailed) log.push({ told: EVENTS[event](of) });
    hasFailed = event === "error";
  };
  const session = startSession(t, { ...config, tell });
  log.unshift(...session.wire.log);
  session.wire.log = log;
  page.beacons.push = ({ url, body }) => log.push({ told: { beacon: body, ...numbersOf(url) } });
  return session;
}

function act({ wire, clock, engine }, page, input) {
  if (input === "timeout") clock.advance(1);
  else if (input === "late timeout" || input === "wake") page.window.fire("pageshow");
  else if (input === "leave") page.leave();
  else if (input === "freeze") page.leave(true);
  else if (input === "close") engine.close();
  else if (input === "post lost") wire.post.respond(0, "");
  else if (input.lost === "post") wire.posts[input.post].respond(0, "");
  else if (input.clock !== undefined) clock.jump(input.clock);
  else if (input.send !== undefined) send(wire, engine, fromVector(input.send));
  else if (input.posted !== undefined) {
    (wire.posts[input.post] ?? wire.post).respond(input.status ?? 200, input.posted);
  }
  else actOnLeg(wire.legs[input.leg], input);
}

function send(wire, engine, message) {
  try {
    engine.send(message);
  } catch {
    wire.log.push({ told: "refused" });
  }
}

function actOnLeg(leg, { open, packet, answer, status, lost, code }) {
  if (open) leg.open();
  else if (packet !== undefined) leg.packet(fromVector(packet));
  else if (answer !== undefined) leg.answer(answer, status);
  else leg.lose(lost, code);
}

function describe({ told, opened, transport, sid, leg, packet, post, end, ...numbers }) {
  if (told !== undefined) return told;
  if (opened !== undefined) {
    return { opened, transport, ...(sid === null ? {} : { sid }), ...(leg === undefined ? {} : { wireLeg: leg }), ...numbers };
  }
  if (end !== undefined) return { leg: end, end: true };
  if (post === "broken off") return "post broken off";
  return post === undefined ? { leg, packet: toVector(packet) } : { post, ...numbers };
}

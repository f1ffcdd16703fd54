// Traces of a server's sessions, seen by the client at their other end.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ServerTrace } from "../support/server-trace.js";
import { read } from "../support/vectors.js";

const FILES = ["handshake", "heartbeat", "polling", "legs", "upgrade", "closing", "namespaces"];

/** Traces whose client sends what this one never sends, by why not. What the server does is replayed whole. */
const LEFT_OUT = {
  "a WebSocket is tried where the server offers it, once a session": [
    "with upgrades off",
    "a second candidate",
    "a candidate for a session that began on a WebSocket",
  ],
  "only a ping is answered with a pong": [
    "a pong that nobody asked for changes nothing",
    "a pong that nobody asked for, before a ping that waits for a poll",
    "being refused is not joining",
    "attachments by later POSTs",
  ],
  "there is one poll, and one POST, at a time": [
    "a second GET",
    "a second POST",
    "a second POST while no poll is parked",
    "a second GET for a session that has ended",
  ],
  "what moved to a WebSocket polls no more": ["GET and POST for a session on a WebSocket", "GET and POST afterwards"],
  "nothing goes up a poll, nor up a leg that is over": [
    "the handshake's own leg, when polling",
    "nothing comes up a poll",
    "legs of a session that is over",
  ],
  "nothing is sent behind a close": ["what stands behind the client's close is not heard"],
  "no packet is sent that means nothing": [
    "the packets of a POST come in order",
    "something else than a packet in a POST",
    "a separator at the end of a POST",
    "an empty POST",
    "an idle poll is released at once",
    "a WebSocket without room ends when it has taken all",
    "a ping from a client",
    "a probe that tests nothing from a client",
    "an upgrade to the same leg from a client",
    "an open packet from a client",
    "an unknown type from a client",
    "nothing from a client",
    "a close with data from a client",
  ],
  "a probe is a probe": [
    "an upgrade instead of a probe",
    "a message instead of a probe",
    "bytes instead of a probe",
    "a ping instead of a probe",
    "a pong instead of a probe",
    "a close instead of a probe",
    "nothing instead of a probe",
    "a longer probe instead of a probe",
    "a candidate that never upgrades",
    "a candidate fails after the server has ended the session",
  ],
};

/** Traces that end for this client before their last step, by why. Up to there they are replayed. */
const CUT_SHORT = {
  "a WebSocket is tried once a session": [
    "a candidate that was dismissed",
    "older legs after an upgrade",
    "a pong of an older leg",
    "junk instead of a probe, and another candidate",
    "another probe instead of an upgrade",
    "a message instead of an upgrade",
    "bytes instead of an upgrade",
    "a close instead of an upgrade",
    "junk instead of an upgrade",
    "a candidate that never probes",
    "a candidate that is lost",
  ],
  "no poll begins once the WebSocket has answered": [
    "later polls are released too",
    "the server ends the session when the client still polls",
  ],
  "the session moves when the poll is answered, and then polls and posts no more": [
    "the former transport carries messages until the end",
  ],
  "the session moves when its poll is answered": [
    "a poll that is still parked when the upgrade comes",
    "a poll is still parked when the upgrade comes to a session that has ended",
  ],
  "the session moves when its POST, maybe of a pong, is taken": [
    "a POST that is under way when the session moves",
    "a POST that breaks off when the session has moved",
    "a ping on the poll, its pong on the WebSocket",
    "a ping on the poll, and no pong on the WebSocket",
  ],
  "nothing was heard for longer than interval and timeout": [
    "a ping that is due waits for a poll, and its time runs from there",
    "no pong is expected while nothing is read",
  ],
  "a session that lost a POST is over": [
    "a POST that is too large harms nothing",
    "requests while the last packets wait",
  ],
};

const leftOut = new Set(Object.values(LEFT_OUT).flat());
const cutShort = new Set(Object.values(CUT_SHORT).flat());
const names = new Set();

for (const file of FILES) {
  suite(file, () => {
    for (const trace of read(`session-${file}`)) {
      names.add(trace.name);
      test(trace.name, (t) => {
        const replay = new ServerTrace(t, trace);
        replay.replay();
        const found = replay.isCutShort ? "cut short" : replay.departures.length > 0 ? "left out" : "whole";
        const expected = cutShort.has(trace.name) ? "cut short" : leftOut.has(trace.name) ? "left out" : "whole";
        assert.equal(found, expected, replay.departures.join("; "));
      });
    }
  });
}

test("each exception is a trace", () => {
  for (const name of [...leftOut, ...cutShort]) assert.ok(names.has(name), name);
});

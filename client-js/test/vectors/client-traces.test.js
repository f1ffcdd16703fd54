// Traces of a client's sessions, over the library's own transports.
import { suite, test } from "node:test";
import { replayClient } from "../support/client-trace.js";
import { read } from "../support/vectors.js";

const PLAIN = ["handshake", "polling", "upgrade", "heartbeat", "closing"];
const RESUME = ["legs", "posts", "upgrade", "confirming", "losing", "closing"];

for (const file of [...PLAIN, ...RESUME.map((name) => `resume-${name}`)]) {
  suite(file, () => {
    for (const trace of read(`client-${file}`)) {
      test(trace.name, (t) => replayClient(t, trace));
    }
  });
}

// Traces of a client's sessions, over the library's own transports.
import { suite, test } from "node:test";
import { replayClient } from "../support/client-trace.js";
import { read } from "../support/vectors.js";

for (const file of ["handshake", "polling", "upgrade", "heartbeat", "closing"]) {
  suite(file, () => {
    for (const trace of read(`client-${file}`)) {
      test(trace.name, (t) => replayClient(t, trace));
    }
  });
}

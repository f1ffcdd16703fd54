// The living processes of an engine, by the system's own list. A zombie only waits for its parent.
import { readdirSync, readFileSync } from "node:fs";

// Those of a session, and those whose home is in `folder`: a browser's crash handler leaves the
// session, but is born with its environment.
export function members(session, folder) {
  if (!session) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [state, , , itsSession] = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
        if (state === "Z") return false;
        return Number(itsSession) === session || `\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`.includes(`\0HOME=${folder}`);
      } catch {
        return false;
      }
    });
}

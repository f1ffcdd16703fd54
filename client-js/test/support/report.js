// Node's own report of a run, while its tests are counted.
import { Readable } from "node:stream";
import { spec } from "node:test/reporters";

export const counts = { passed: 0, failed: 0, skipped: 0 };

/** Prints what `run` of node:test tells, and adds it up in `counts`. */
export async function report(events) {
  async function* counted() {
    for await (const event of events) {
      const isTest = event.data?.details?.type !== "suite";
      if (event.type === "test:pass" && isTest) counts[event.data.skip === undefined ? "passed" : "skipped"] += 1;
      if (event.type === "test:fail" && isTest) counts.failed += 1;
      yield event;
    }
  }
  for await (const text of Readable.from(counted()).compose(new spec())) process.stdout.write(text);
}

// Node's own report, and behind it the counts on one line.
import { Readable } from "node:stream";
import { spec } from "node:test/reporters";

export default async function* report(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 };

  async function* counted() {
    for await (const event of source) {
      const isTest = event.data?.details?.type !== "suite";
      if (event.type === "test:pass" && isTest) counts[event.data.skip === undefined ? "passed" : "skipped"] += 1;
      if (event.type === "test:fail" && isTest) counts.failed += 1;
      yield event;
    }
  }

  for await (const text of Readable.from(counted()).compose(new spec())) yield text;
  yield `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}

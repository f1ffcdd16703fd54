// Node's own report, and behind it the counts on one line. A test that has tests of its own counts only
// when it fails by itself.
import { Readable } from "node:stream";
import { spec } from "node:test/reporters";

export default async function* report(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  // How many tests, and failures among them, came below each level since it last ended.
  const below = new Map();

  function count(type, { nesting, skip, details, file }) {
    const key = (level) => `${level} ${file}`;
    const inner = below.get(key(nesting + 1)) ?? { tests: 0, failures: 0 };
    below.delete(key(nesting + 1));
    const here = below.get(key(nesting)) ?? { tests: 0, failures: 0 };
    below.set(key(nesting), here);
    const hasFailed = type === "test:fail";
    here.tests += 1;
    here.failures += hasFailed ? 1 : 0;
    const isGroup = details?.type === "suite" || inner.tests > 0;
    if (isGroup && !(hasFailed && inner.failures === 0)) return;
    if (skip !== undefined) counts.skipped += 1;
    else counts[hasFailed ? "failed" : "passed"] += 1;
  }

  async function* counted() {
    for await (const event of source) {
      if (event.type === "test:pass" || event.type === "test:fail") count(event.type, event.data);
      yield event;
    }
  }

  for await (const text of Readable.from(counted()).compose(new spec())) yield text;
  yield `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}

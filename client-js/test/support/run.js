// Runs the tests, and closes with their counts on one line.
//
//   node test/support/run.js [GROUP...]     all groups, when none is named
import { readdirSync } from "node:fs";
import path from "node:path";
import { run } from "node:test";
import { counts, report } from "./report.js";

const TEST = path.resolve(import.meta.dirname, "..");
const files = readdirSync(TEST, { recursive: true })
  .filter((file) => file.endsWith(".test.js"))
  .sort();
const isOfPackage = (file) => file.startsWith("package/");

/** What is run, and over which form of the library (see library.js). */
const GROUPS = {
  source: { library: "source", files: files.filter((file) => !isOfPackage(file)) },
  bundle: { library: "bundle", files: files.filter((file) => !isOfPackage(file)) },
  min: { library: "min", files: files.filter((file) => !isOfPackage(file)) },
  package: { files: files.filter(isOfPackage) },
};

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(GROUPS);
for (const name of chosen) {
  const group = GROUPS[name];
  if (!group) throw new Error(`there is no group "${name}": ${Object.keys(GROUPS).join(", ")}`);
  console.log(`-- ${name}`);
  // Without files node:test would look for some by itself.
  if (group.files.length === 0) throw new Error(`there is no test of "${name}"`);
  if (group.library) process.env.LIBRARY = group.library;
  await report(run({ files: group.files.map((file) => path.join(TEST, file)), concurrency: true }));
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

// The declarations, as a program meets them that imports the package by its name.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import test from "node:test";

const TSC = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const TYPES = path.resolve(import.meta.dirname, "../types");

test("test/types compiles, and what it calls wrong is refused", () => {
  const { status, stdout } = spawnSync(process.execPath, [TSC, "-p", TYPES], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

// The scripts that run everywhere, and the bundles that they test.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const FEATURES = ["case", "connecting", "data", "acks", "rooms", "flow", "ending"];

// The folder of the bundles.
export const dist = process.env.DIST ?? fileURLToPath(new URL("../../../client-js/dist", import.meta.url));

// All features as one script, which makes the global `features`.
export const featuresScript = FEATURES.map((name) => readFileSync(new URL(`../features/${name}.js`, import.meta.url), "utf8")).join("\n");

export const bundle = (file) => readFileSync(`${dist}/${file}`, "utf8");

// A file of the pages'.
export const pageFile = (file) => readFileSync(new URL(`../page/${file}`, import.meta.url), "utf8");

// What a page has as its `talker`, for Node.
export const makeTalker = vm.runInThisContext(`${pageFile("talker.js")}\nmakeTalker;`, "talker.js");

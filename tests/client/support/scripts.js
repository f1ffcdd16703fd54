// The scripts that run everywhere, and the bundles that they test.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FEATURES = ["case", "connecting", "data", "acks", "rooms", "flow", "ending"];

// The folder of the bundles.
export const dist = process.env.DIST ?? fileURLToPath(new URL("../../../client-js/dist", import.meta.url));

// All features as one script, which makes the global `features`.
export const featuresScript = FEATURES.map((name) => readFileSync(new URL(`../features/${name}.js`, import.meta.url), "utf8")).join("\n");

export const bundle = (file) => readFileSync(`${dist}/${file}`, "utf8");

// Reads the runners' result lines and prints the table of clients and features: `node table.mjs FILE...`.
// A row that is missing, repeated or skipped is a failure, and so is a gap where none may be.

import { readFileSync } from "node:fs";

const MODES = ["polling", "websocket", "upgrade"];
const CLIENTS = [
  { name: /^socket\.io-client 4\./, recovers: true },
  { name: /^socket\.io-client 3\./ },
  { name: /^python-socketio .* threads$/ },
  { name: /^python-socketio .* asyncio$/ },
  { name: /^rust_socketio /, gaps: true },
];

const features = readFileSync(new URL("features.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line && !line.startsWith("#"))
  .map((line) => line.split("|").map((field) => field.trim()))
  .map(([name, modes]) => ({ name, modes: modes && modes !== "recovers" ? modes.split(" ") : MODES, recovers: modes === "recovers" }));

const lines = process.argv
  .slice(2)
  .flatMap((file) => readFileSync(file, "utf8").split("\n"))
  .filter((line) => line.startsWith("result\t"))
  .map((line) => line.split("\t"))
  .map(([, client, mode, feature, outcome, why]) => ({ client, mode, feature, outcome, why }));

/** What a cell of the table says, and why. Each line is used once; what is left over is reported. */
function cell({ name, gaps, recovers }, mode, feature) {
  if (!feature.modes.includes(mode) || (feature.recovers && !recovers)) return { text: "-" };
  const found = lines.filter((line) => name.test(line.client) && line.mode === mode && line.feature === feature.name);
  for (const line of found) line.used = true;
  if (found.length !== 1) return { text: "FAIL", why: `${found.length} results` };
  const [{ outcome, why }] = found;
  if (outcome === "pass") return { text: "pass" };
  if (outcome === "gap" && gaps && why) return { text: "gap", why };
  return { text: "FAIL", why: why || `outcome ${outcome}` };
}

const columns = CLIENTS.flatMap((client) => MODES.map((mode) => ({ client, mode })));
const rows = features.map((feature) => ({
  feature,
  cells: columns.map(({ client, mode }) => cell(client, mode, feature)),
}));

const WIDTH = 6;
const MARGIN = 2 + Math.max(...features.map(({ name }) => name.length));
const title = ({ name }) => lines.find(({ client }) => name.test(client))?.client ?? `nothing from ${name.source}`;

CLIENTS.forEach((client, index) => {
  console.log(`${" ".repeat(MARGIN)}${"|".padEnd(WIDTH * 3).repeat(index)}${title(client)}`);
});
console.log(`${" ".repeat(MARGIN)}${"poll  ws    up    ".repeat(CLIENTS.length)}`.trimEnd());
for (const { feature, cells } of rows) {
  console.log((feature.name.padEnd(MARGIN) + cells.map(({ text }) => text.padEnd(WIDTH)).join("")).trimEnd());
}

/** The cells that say `text`, those of one feature with the same cause in one line. */
function explain(text) {
  const told = new Map();
  for (const { feature, cells } of rows) {
    cells.forEach((found, index) => {
      if (found.text !== text) return;
      const { client, mode } = columns[index];
      const key = `${title(client)}, ${feature.name}: ${found.why}`;
      told.set(key, [...(told.get(key) ?? []), mode]);
    });
  }
  for (const [key, modes] of told) console.log(`${text}  ${key} (${modes.join(", ")})`);
}

const count = (text) => rows.flatMap(({ cells }) => cells).filter((found) => found.text === text).length;
const strays = lines.filter(({ used }) => !used);
console.log();
explain("gap");
explain("FAIL");
for (const { client, mode, feature } of strays) console.log(`FAIL  a result nobody expects: ${client}, ${mode}, ${feature}`);
const failed = count("FAIL") + strays.length;
console.log(`${count("gap")} gaps of the clients themselves, each shown by its test`);
// A skipped row is a failure, so nothing is ever skipped.
console.log(`${count("pass")} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;

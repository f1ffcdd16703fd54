// The package as it is published: packed, installed in an empty folder, and used in each way there is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { after, before } from "node:test";
import { build } from "vite";

const ROOT = path.resolve(import.meta.dirname, "../..");
const TSC = createRequire(import.meta.url).resolve("typescript/bin/tsc");

let scratch;
let tarball;

before(() => {
  scratch = mkdtempSync(path.join(tmpdir(), "encke-package-"));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", scratch], { cwd: ROOT });
  tarball = path.join(scratch, readdirSync(scratch)[0]);
});

after(() => rmSync(scratch, { recursive: true, force: true }));

/** A folder with nothing in it but these files and the package. */
function folder(name, files) {
  const cwd = path.join(scratch, name);
  mkdirSync(cwd);
  for (const [file, text] of Object.entries({ "package.json": `{ "private": true }`, ...files })) {
    writeFileSync(path.join(cwd, file), text);
  }
  execFileSync("npm", ["install", "--offline", "--silent", "--no-audit", "--no-fund", tarball], { cwd });
  return cwd;
}

const runNode = (cwd, ...args) => execFileSync(process.execPath, args, { cwd, encoding: "utf8" });

function runTsc(cwd) {
  try {
    execFileSync(process.execPath, [TSC, "-p", cwd], { encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
}

/** A program's last lines, which show that the package was loaded and works as far as it does without a server. */
const USE = `
const socket = io("http://127.0.0.1:1/chat", { autoConnect: false });
const heard: string[] = [];
const undo = socket.listen("note", (text: string) => heard.push(text));
socket.listeners("note")[0]("here");
undo();
console.log(
  [typeof io, socket instanceof Socket, socket.io instanceof Manager, protocol, socket.connected, heard.join()].join(" "),
);
`;
const USED = "function true true 5 false here\n";
const inJavaScript = USE.replace(": string[]", "").replace(": string", "");

test("the package has its files and nothing of its making", () => {
  const cwd = folder("files", {});
  const installed = path.join(cwd, "node_modules/encke-client");
  const files = readdirSync(installed).sort();
  assert.deepEqual(files, ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "dist", "package.json"]);
  assert.deepEqual(readdirSync(path.join(installed, "dist")).sort(), readdirSync(path.join(ROOT, "dist")).sort());
  const { dependencies, scripts } = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8"));
  assert.equal(dependencies, undefined);
  for (const hook of ["preinstall", "install", "postinstall", "prepare"]) assert.equal(scripts[hook], undefined);
});

test("its version is the workspace's", () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const workspace = readFileSync(path.join(ROOT, "../Cargo.toml"), "utf8");
  assert.equal(version, /\[workspace\.package\]\nversion = "(.*)"/.exec(workspace)[1]);
});

test("CommonJS requires the function io, with all else on it", () => {
  const cwd = folder("cjs", {
    "main.cjs": `const io = require("encke-client");\nconst { Manager, Socket, protocol } = io;
      if (io !== io.io || io !== io.connect || io !== io.default) throw new Error("not one function");${inJavaScript}`,
  });
  assert.equal(runNode(cwd, "main.cjs"), USED);
});

test("an ES module imports by name, and io also as the default", () => {
  const cwd = folder("esm", {
    "main.mjs": `import io, { connect, io as named, Manager, protocol, Socket } from "encke-client";
      if (io !== named || io !== connect) throw new Error("not one function");${inJavaScript}`,
    "where.mjs": `console.log(import.meta.resolve("encke-client").split("/").at(-1));`,
  });
  assert.equal(runNode(cwd, "main.mjs"), USED);
  assert.equal(runNode(cwd, "where.mjs"), "encke.esm.js\n");
  assert.equal(runNode(cwd, "--conditions=development", "where.mjs"), "encke.dev.esm.js\n");
});

const compilerOptions = { strict: true, target: "es2020", lib: ["es2020", "dom"], types: [], outDir: "out" };
const config = (options) => JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, include: ["*.?ts", "*.ts"] });
const byName = `import io, { Manager, protocol, Socket, type Options } from "encke-client";\nexport const options: Options = {};`;

test("TypeScript compiles under node16, as CommonJS and as ES module", () => {
  const cwd = folder("node16", {
    "tsconfig.json": config({ module: "node16", moduleResolution: "node16" }),
    "named.mts": byName + USE,
    "named.cts": byName + USE,
    "assigned.cts": `import io = require("encke-client");\nconst { Manager, protocol, Socket } = io;
      export const options: io.Options = {};${USE}`,
  });
  runTsc(cwd);
  for (const file of ["named.mjs", "named.cjs", "assigned.cjs"]) assert.equal(runNode(cwd, `out/${file}`), USED, file);
});

test("TypeScript compiles as for a bundler", () => {
  const cwd = folder("bundler", {
    "tsconfig.json": config({ module: "esnext", moduleResolution: "bundler" }),
    "main.ts": byName + USE,
  });
  runTsc(cwd);
});

test("Vite builds a page that runs", async () => {
  const cwd = folder("vite", {
    "index.html": `<!doctype html><script type="module" src="./main.ts"></script>`,
    "main.ts": byName + USE,
  });
  await build({
    root: cwd,
    configFile: false,
    logLevel: "silent",
    // Without it the page's own code needs a document.
    build: { modulePreload: { polyfill: false } },
  });
  const [file] = readdirSync(path.join(cwd, "dist/assets"));
  writeFileSync(path.join(cwd, "page.mjs"), readFileSync(path.join(cwd, "dist/assets", file)));
  assert.equal(runNode(cwd, "page.mjs"), USED);
  // Vite took the form for production.
  assert.doesNotMatch(readFileSync(path.join(cwd, "page.mjs"), "utf8"), /again on each/);
});

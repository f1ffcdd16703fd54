// What a script tag gets: ES5, without anything that a content security policy forbids.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { parse } from "acorn";
import { runScript } from "../support/library.js";

const DIST = new URL("../../dist/", import.meta.url);
const read = (file) => readFileSync(new URL(file, DIST), "utf8");
const pkg = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

/** The global names that a program mentions, whatever it does with them. */
function identifiers(node, found = new Set()) {
  if (Array.isArray(node)) for (const item of node) identifiers(item, found);
  else if (node && typeof node.type === "string") {
    if (node.type === "Identifier") found.add(node.name);
    for (const key of Object.keys(node)) {
      const isName = (key === "property" || key === "key") && !node.computed;
      if (!isName) identifiers(node[key], found);
    }
  }
  return found;
}

/** Every function of a program that stands in an expression. */
function functions(node) {
  if (Array.isArray(node)) return node.flatMap(functions);
  if (!node || typeof node.type !== "string") return [];
  const inner = Object.values(node).flatMap((child) => (typeof child === "object" ? functions(child) : []));
  return node.type === "FunctionExpression" ? [node, ...inner] : inner;
}

for (const file of ["encke.js", "encke.min.js"]) {
  test(`${file} is ES5`, () => {
    parse(read(file), { ecmaVersion: 5, sourceType: "script" });
  });

  // The WebKit of 2014 takes it for an error of syntax, which it is not.
  test(`${file} has no function with a parameter of its own name`, () => {
    const found = functions(parse(read(file), { ecmaVersion: 5 }));
    assert.ok(found.length > 100);
    for (const { id, params } of found) {
      assert.equal(!!id && params.some(({ name }) => name === id.name), false, id?.name);
    }
  });
}

for (const file of ["encke.js", "encke.min.js", "encke.esm.js", "encke.dev.esm.js", "encke.cjs"]) {
  test(`${file} makes no code of strings`, () => {
    const program = parse(read(file), { ecmaVersion: 2018, sourceType: file.includes("esm") ? "module" : "script" });
    const names = identifiers(program);
    assert.equal(names.has("eval"), false);
    assert.equal(names.has("Function"), false);
    // The names were looked for where there are some.
    assert.equal(names.has("Object"), true);
  });

  test(`${file} begins with its name, version and licence`, () => {
    assert.ok(read(file).startsWith(`/*! ${pkg.name} ${pkg.version} | ${pkg.license} */\n`));
  });

  test(`${file} has a source map with the sources in it, and no path of a machine`, () => {
    assert.ok(read(file).endsWith(`\n//# sourceMappingURL=${file}.map\n`));
    const map = JSON.parse(read(`${file}.map`));
    assert.ok(map.sources.includes("../src/socket.ts"));
    for (const source of map.sources) assert.match(source, /^\.\.\/(src|build|node_modules)\//);
    assert.equal(map.sourcesContent.length, map.sources.length);
    for (const content of map.sourcesContent) assert.equal(typeof content, "string");
  });

  test(`${file} keeps the names that stand in JSON`, () => {
    assert.match(read(file), /\b_placeholder\b/);
  });
}

for (const file of ["encke.js", "encke.min.js"]) {
  const url = new URL(file, DIST);
  // Neither a module nor a loader, nor the globals of Node: each test adds what it is about.
  const nowhere = { module: undefined, define: undefined, window: undefined, global: undefined, process: undefined };

  test(`${file} hands itself to CommonJS and sets no global`, () => {
    const self = {};
    const module = { exports: {} };
    runScript(url, { ...nowhere, self, module }, "undefined");
    assert.equal(typeof module.exports, "function");
    assert.deepEqual(Object.keys(self), []);
  });

  test(`${file} hands itself to AMD and sets no global`, () => {
    const self = {};
    const defined = [];
    const define = Object.assign((...args) => defined.push(args), { amd: {} });
    runScript(url, { ...nowhere, self, define }, "undefined");
    assert.equal(defined.length, 1);
    assert.equal(typeof defined[0].at(-1)(), "function");
    assert.deepEqual(Object.keys(self), []);
  });

  for (const where of ["self", "window", "global"]) {
    test(`${file} sets the globals io and encke where there is only ${where}`, () => {
      const root = {};
      // An element with the id "module" is such a global.
      runScript(url, { ...nowhere, self: undefined, module: { tagName: "DIV" }, [where]: root }, "undefined");
      assert.equal(typeof root.io, "function");
      assert.equal(root.encke, root.io);
      assert.deepEqual(Object.keys(root).sort(), ["encke", "io"]);
    });
  }

  test(`${file} exports what the module does`, async () => {
    const module = { exports: {} };
    runScript(url, { ...nowhere, self: {}, module }, "undefined");
    const names = Object.keys(await import(new URL("encke.esm.js", DIST))).sort();
    assert.deepEqual(Object.keys(module.exports).sort(), names);
  });
}

test("mistakes of a page are pointed out by the forms for development alone", () => {
  const hint = /again on each \\?"connect\\?"/;
  assert.match(read("encke.js"), hint);
  assert.match(read("encke.dev.esm.js"), hint);
  assert.match(read("encke.cjs"), hint);
  assert.doesNotMatch(read("encke.min.js"), hint);
  assert.doesNotMatch(read("encke.esm.js"), hint);
});

test("what a server hands out is what the package has", async () => {
  const { brotliDecompressSync, gunzipSync } = await import("node:zlib");
  const served = new URL("../../../server/client/", import.meta.url);
  const forms = ["encke.js", "encke.min.js", "encke.esm.js"].flatMap((file) => [file, `${file}.map`]);
  assert.deepEqual(readdirSync(served).sort(), forms.flatMap((file) => [file, `${file}.br`, `${file}.gz`]).sort());
  for (const file of forms) {
    const content = readFileSync(new URL(file, DIST));
    assert.ok(readFileSync(new URL(file, served)).equals(content), file);
    assert.ok(gunzipSync(readFileSync(new URL(`${file}.gz`, served))).equals(content), `${file}.gz`);
    assert.ok(brotliDecompressSync(readFileSync(new URL(`${file}.br`, served))).equals(content), `${file}.br`);
  }
});

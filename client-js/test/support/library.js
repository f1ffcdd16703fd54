// The library under test. LIBRARY says in which form:
//
//   source   compiled file by file (the default)
//   bundle   dist/encke.js, lowered to ES5
//   min      dist/encke.min.js, its private members shortened too
//
// `npm run compile` prepares all three.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

export const form = process.env.LIBRARY ?? "source";

const COMPILED = new URL("../../.compiled/", import.meta.url);
const BUNDLES = {
  bundle: new URL("../../dist/encke.js", import.meta.url),
  min: new URL("../../dist/encke.min.js", import.meta.url),
};
if (form !== "source" && !(form in BUNDLES)) throw new Error(`LIBRARY is "${form}": expected source, bundle or min`);

/** What PhantomJS, which has ES5 and no more, does not know. A bundle finds none of it. */
const NEWER = [
  ...["Map", "Promise", "Proxy", "Reflect", "Set", "Symbol", "WeakMap", "WeakRef", "WeakSet", "globalThis"],
  ...["AbortController", "TextDecoder", "TextEncoder", "URL", "URLSearchParams", "fetch", "structuredClone"],
];

/** The global object without them. */
const OLD = Object.create(globalThis, Object.fromEntries(NEWER.map((name) => [name, { value: undefined }])));

/**
 * Runs an ES5 script as a function of these globals, and gives what `result` then says. It runs among
 * the test's own objects, so that arrays and errors of either side are equal to those of the other.
 */
export function runScript(url, globals, result) {
  const all = { ...Object.fromEntries(NEWER.map((name) => [name, undefined])), self: OLD, ...globals };
  // No line is added before the script's first, so that lines in a stack are the file's.
  const code = `(function (${Object.keys(all).join(", ")}) { ${readFileSync(url, "utf8")}\nreturn ${result}; })`;
  const script = new Script(code, { filename: fileURLToPath(url) });
  return script.runInThisContext()(...Object.values(all));
}

/** The function `io`, which carries all that the library exports. */
export const io =
  form === "source"
    ? (await import(new URL("source/script.js", COMPILED))).default
    : runScript(BUNDLES[form], { module: { exports: {} } }, "module.exports");

const modules = form === "source" ? undefined : runScript(new URL(`${form}.js`, COMPILED), {}, "modules");

/** What a file of the source exports: `await part("codec/payload")`. In a bundle, from a script made as that is. */
export async function part(name) {
  if (modules === undefined) return import(new URL(`source/${name}.js`, COMPILED));
  if (name in modules) return modules[name];
  throw new Error(`there is no src/${name}.ts`);
}

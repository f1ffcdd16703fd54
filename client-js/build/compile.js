// Compiles the source for tests, into .compiled: `source/` one file to one file, for Node and for
// coverage; `bundle.js` and `min.js` all files in one script, lowered (and shortened) as the bundles of
// the same names are. The bundles show little of themselves; these show each file's exports.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rollup } from "rollup";
import { bundle, minified, root } from "./forms.js";
import { typescript } from "./plugins.js";

const SOURCE = path.join(root, "src");
const COMPILED = path.join(root, ".compiled");

const names = readdirSync(SOURCE, { recursive: true })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length).split(path.sep).join("/"))
  .sort();

rmSync(COMPILED, { recursive: true, force: true });
await fileByFile();
await inOne("bundle.js", undefined);
await inOne("min.js", minified);

async function fileByFile() {
  const files = await rollup({
    input: Object.fromEntries(names.map((name) => [name, path.join(SOURCE, `${name}.ts`)])),
    plugins: [typescript({ target: "node", dev: "true" })],
    treeshake: false,
    // A file of types alone is an empty module.
    onwarn: () => {},
  });
  await files.write({
    dir: path.join(COMPILED, "source"),
    preserveModules: true,
    preserveModulesRoot: SOURCE,
    sourcemap: true,
  });
  await files.close();
}

/** A script whose value is an object of modules, by their paths in `src`. */
async function inOne(file, options) {
  const entry = path.join(SOURCE, "all modules");
  const imports = names.map((name, index) => `import * as m${index} from "./${name}";`);
  const modules = names.map((name, index) => `"${name}": m${index}`);
  const all = {
    name: "all modules",
    resolveId: (id) => (id === entry ? id : null),
    load: (id) => (id === entry ? `${imports.join("\n")}\nexport default { ${modules.join(", ")} };` : null),
  };
  const { code, map } = await bundle({
    file,
    entry,
    plugins: [all],
    format: "iife",
    name: "modules",
    target: "es5",
    dev: String(!options),
    options,
  });
  mkdirSync(COMPILED, { recursive: true });
  writeFileSync(path.join(COMPILED, file), code);
  writeFileSync(path.join(COMPILED, `${file}.map`), map);
}

// The package's types: one file for each kind of module.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import ts from "typescript";
import { BANNER, root } from "./forms.js";

/**
 * `index.d.ts` and `index.d.cts`, as a map from a name in `dist` to its text. Of what the module
 * exports, `values` is there at run time; the rest are types, classes among them.
 */
export async function declarations(values) {
  const folder = mkdtempSync(path.join(tmpdir(), "encke-types-"));
  try {
    for (const [file, text] of emit(folder)) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, withoutPrivate(text));
    }
    const bundle = await rollup({ input: path.join(folder, "index.d.ts"), plugins: [dts()] });
    const { output } = await bundle.generate({ format: "es", banner: BANNER });
    await bundle.close();
    const clauses = /^export (?:type )?\{ (.*) \};\n/gm;
    const { code } = output[0];
    const exports = [...code.matchAll(clauses)].flatMap(([, names]) => names.split(", "));
    const isValue = (item) => values.includes(item.split(" as ").at(-1));
    const body = code.replace(clauses, "");
    const parts = [exports.filter(isValue), exports.filter((item) => !isValue(item))];
    return new Map([
      ["index.d.ts", body + forModules(...parts)],
      ["index.d.cts", body + forRequire(body, ...parts)],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the compiler says of each file of the source, by the path that it would be written to. */
function emit(folder) {
  const config = path.join(root, "tsconfig.json");
  const { options, fileNames } = ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, root);
  const emitted = new Map();
  const program = ts.createProgram(fileNames, {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: path.join(root, "src"),
    outDir: folder,
  });
  const { diagnostics } = program.emit(undefined, (file, text) => emitted.set(file, text));
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  return emitted;
}

/**
 * Without the members that begin with `_`: in the bundles they have other names, and what only they
 * mention need not be declared.
 */
function withoutPrivate(text) {
  const cuts = [];
  const visit = (node) => {
    const name = (ts.isClassElement(node) || ts.isTypeElement(node)) && node.name;
    if (name && ts.isIdentifier(name) && name.text.startsWith("_")) cuts.push([node.getFullStart(), node.end]);
    else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("x.d.ts", text, ts.ScriptTarget.Latest, true));
  return cuts.reduceRight((rest, [start, end]) => rest.slice(0, start) + rest.slice(end), text);
}

function forModules(values, types) {
  return `export { ${values.join(", ")} };\nexport type { ${types.join(", ")} };\n`;
}

/**
 * `require` gives the function `io` with all else as its properties: a function, which has the
 * signatures of `Io`, and a namespace of its name.
 */
function forRequire(body, values, types) {
  const source = ts.createSourceFile("x.d.ts", body, ts.ScriptTarget.Latest, true);
  const { members } = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === "Io");
  const calls = members.filter(ts.isCallSignatureDeclaration).map((call) => `declare function encke${call.getText()}\n`);
  return `${calls.join("")}declare namespace encke {
  export { ${values.join(", ")} };
  export type { ${types.join(", ")} };
}
export = encke;
`;
}

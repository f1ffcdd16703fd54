// The forms of the client: what each is made of, and how.
import { readFileSync } from "node:fs";
import path from "node:path";
import { rollup } from "rollup";
import { terser, typescript } from "./plugins.js";

export const root = path.resolve(import.meta.dirname, "..");
const pkg = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

export const BANNER = `/*! ${pkg.name} ${pkg.version} | ${pkg.license} */`;

/**
 * Private members, which begin with `_`, get short names that begin with it too: what terser would
 * choose, single letters, is what applications call the properties that they add to a socket.
 *
 * `_placeholder` is Socket.IO's word for an attachment and stands in JSON; `__proto__` is the language's.
 */
const properties = { regex: /^_(?!_|placeholder$)/, nth_identifier: { get: (index) => `_${letters(index)}` } };

/** 0 is `a`, 25 is `z`, 26 is `aa`. */
function letters(index) {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

/** For a script tag: old engines and all, as small as it gets. */
export const minified = () => ({
  ecma: 5,
  ie8: true,
  compress: { passes: 3 },
  mangle: { properties },
  format: { comments: false, preamble: BANNER },
});

/**
 * For a page's bundler, which shortens all names but those of properties: so that is done here, and
 * nothing else. The marks of calls without effects stay, for they let it drop what is not used.
 */
const shortened = (code) => ({
  ecma: 2018,
  module: true,
  compress: false,
  mangle: { properties, reserved: code.match(/[\w$]+/g) },
  format: { beautify: true, indent_level: 2, comments: false, preamble: BANNER, preserve_annotations: true },
});

// The forms that developers read say what a page does wrong; of these the CommonJS one asks Node.
const FORMS = [
  { file: "encke.js", entry: "build/umd.ts", format: "iife", target: "es5", dev: "true" },
  { file: "encke.min.js", entry: "build/umd.ts", format: "iife", target: "es5", dev: "false", options: minified },
  { file: "encke.esm.js", entry: "src/index.ts", format: "es", target: "es2018", dev: "false", options: shortened },
  { file: "encke.dev.esm.js", entry: "src/index.ts", format: "es", target: "es2018", dev: "true" },
  { file: "encke.cjs", entry: "src/script.ts", format: "cjs", target: "es2018", dev: 'process.env.NODE_ENV !== "production"' },
];

/** Each form's file, code, source map and exports. */
export async function bundles() {
  const made = [];
  for (const form of FORMS) made.push(await bundle(form));
  return made;
}

/** One bundle. Its paths are relative to `dist`, whatever folder the package is in. */
export async function bundle({ file, entry, format, name, target, dev, options, plugins = [] }) {
  const bundle = await rollup({
    input: path.resolve(root, entry),
    plugins: [...plugins, typescript({ target, dev }), options && terser(options)],
    onwarn(warning) {
      throw new Error(warning.message);
    },
  });
  const { output } = await bundle.generate({
    file: path.join(root, "dist", file),
    format,
    name,
    exports: format === "cjs" ? "default" : "auto",
    banner: options ? undefined : BANNER,
    sourcemap: true,
    generatedCode: target === "es5" ? "es5" : "es2015",
  });
  await bundle.close();
  const map = output.find((part) => part.fileName === `${file}.map`);
  return { file, code: output[0].code, map: map.source, exports: output[0].exports };
}

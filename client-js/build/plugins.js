// The steps of a bundle, as rollup plugins.
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "@swc/core";
import { minify } from "terser";

/** What swc calls its helpers: functions that lowered code needs, one a module. */
const HELPER = "@swc/helpers/_/";

/** The oldest engines of each target. Those of `es2018` read all of its syntax but some of its regular expressions. */
const TARGETS = {
  es5: { ie: "9" },
  es2018: { chrome: "64", firefox: "58", safari: "12", node: "10" },
  node: { node: "20" },
};

/** TypeScript to JavaScript for a target; `dev` is the expression that `__DEV__` stands for. */
export function typescript({ target, dev }) {
  return {
    name: "typescript",
    resolveId(id, importer) {
      if (id.startsWith(HELPER)) {
        const own = path.join(import.meta.dirname, "helpers", `${id.slice(HELPER.length)}.js`);
        return existsSync(own) ? own : fileURLToPath(import.meta.resolve(id));
      }
      if (!importer || !id.startsWith(".")) return null;
      const file = path.resolve(path.dirname(importer), `${id}.ts`);
      return existsSync(file) ? file : null;
    },
    transform(code, id) {
      return transform(code, {
        filename: id,
        configFile: false,
        swcrc: false,
        isModule: true,
        sourceMaps: true,
        jsc: {
          parser: { syntax: "typescript" },
          externalHelpers: true,
          // Methods, accessors and fields are assigned and not defined as the standard has it.
          loose: true,
          // What is spread or destructured is an array; the type check holds the source to that.
          assumptions: { iterableIsArray: true },
          transform: {
            useDefineForClassFields: false,
            optimizer: { globals: { vars: { __DEV__: dev } } },
          },
        },
        env: {
          targets: TARGETS[target],
          loose: true,
          // `typeof` and `instanceof` as they stand: the rest would be for a Symbol that the page made up.
          exclude: ["transform-typeof-symbol", "transform-instanceof"],
        },
      });
    },
  };
}

/** Passes a chunk through terser with the options that `options` gives for its code. */
export function terser(options) {
  return {
    name: "terser",
    async renderChunk(chunk) {
      const { code, map } = await minify(chunk, { ...options(chunk), sourceMap: { asObject: true } });
      return { code, map };
    },
  };
}

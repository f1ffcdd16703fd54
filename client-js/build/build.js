// Writes dist, and to server/client what a server hands out, and to the README the integrity of the
// minified script. With --check it writes nothing, and fails with the name of each file that is not
// what it would have written.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { declarations } from "./declarations.js";
import { bundles, root } from "./forms.js";

const DIST = path.join(root, "dist");
const README = path.join(root, "README.md");
const SERVED = path.resolve(root, "../server/client");

/** What a server hands out; the other forms are for packages. */
const TO_SERVE = /^encke(\.min|\.esm)?\.js(\.map)?$/;

const here = (file) => path.relative(process.cwd(), file);

if (process.argv.includes("--check")) {
  const faults = compare(await build());
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error("run `npm run build`, and commit what it writes");
    process.exit(1);
  }
} else {
  write(await build());
}

/** Every file, by its path. */
async function build() {
  const files = new Map();
  const made = await bundles();
  const add = (name, text) => {
    files.set(path.join(DIST, name), Buffer.from(text));
    if (TO_SERVE.test(name)) addServed(files, path.join(SERVED, name), Buffer.from(text));
  };
  for (const { file, code, map } of made) {
    add(file, code);
    add(`${file}.map`, map);
  }
  const { exports } = made.find(({ file }) => file === "encke.esm.js");
  for (const [name, text] of await declarations(exports)) add(name, text);
  const script = files.get(path.join(DIST, "encke.min.js"));
  const integrity = `sha384-${createHash("sha384").update(script).digest("base64")}`;
  const readme = readFileSync(README, "utf8").replace(/sha384-[\w+/=]+/, () => integrity);
  files.set(README, Buffer.from(readme));
  return files;
}

/** A file as it is and compressed as far as it goes, so that no server has to do it. */
function addServed(files, file, content) {
  const gzip = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
  // The operating system, which is not the same everywhere: unknown.
  gzip[9] = 255;
  files.set(file, content);
  files.set(`${file}.gz`, gzip);
  files.set(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}

function write(files) {
  for (const folder of [DIST, SERVED]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  for (const [file, content] of files) {
    writeFileSync(file, content);
    if (/\.(c?js|gz|d\.c?ts)$/.test(file)) console.log(`${String(content.length).padStart(7)} ${here(file)}`);
  }
}

/** What is missing, different, or too much. */
function compare(files) {
  const faults = [];
  for (const [file, content] of files) {
    if (!existsSync(file)) faults.push(`${here(file)} is missing`);
    else if (!expand(file, readFileSync(file)).equals(expand(file, content))) faults.push(`${here(file)} is stale`);
  }
  for (const folder of [DIST, SERVED]) {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const file of names.map((name) => path.join(folder, name))) {
      if (!files.has(file)) faults.push(`${here(file)} is not a file of the build`);
    }
  }
  return faults;
}

/** What a compressed file says: the bytes that say it depend on the version of zlib. */
function expand(file, content) {
  try {
    if (file.endsWith(".gz")) return gunzipSync(content);
    if (file.endsWith(".br")) return brotliDecompressSync(content);
    return content;
  } catch {
    // Not a compressed file at all, and so not the one that is wanted.
    return Buffer.alloc(0);
  }
}

// The ways to have the client in Node. Each gives `io`, the features, and what their context has to say.
import { createRequire } from "node:module";
import vm from "node:vm";
import { WebSocket } from "ws";
import { bundle, dist, featuresScript } from "./scripts.js";

// What a page's script finds in its global object and Node's `vm` does not put there. Bytes of another
// realm are not what `ws` takes for bytes: it would mask them where they stand.
const WEB = { console, setTimeout, clearTimeout, fetch, AbortController, Blob, atob, btoa, ArrayBuffer, Uint8Array, Uint16Array, DataView };

const RUNTIMES = {
  // As an application's `require` has it: with Node around it.
  "encke.cjs": () => ({
    io: createRequire(import.meta.url)(`${dist}/encke.cjs`),
    features: vm.runInThisContext(`${featuresScript}\nfeatures;`, "features.js"),
    context: { WebSocket, buffers: true },
  }),

  // As a script tag has it: globals of the web and nothing of Node.
  "encke.min.js": () => {
    const page = vm.createContext({ ...WEB });
    page.self = page;
    vm.runInContext(bundle("encke.min.js"), page, "encke.min.js");
    vm.runInContext(featuresScript, page, "features.js");
    if (page.encke !== page.io) throw new Error("the globals io and encke differ");
    return { io: page.io, features: page.features, context: { WebSocket, buffers: false } };
  },
};

export const forms = Object.keys(RUNTIMES);

export const load = (form) => RUNTIMES[form]();

// The result of one feature, also when nobody catches what it throws.
export async function run(features, feature, context) {
  const blame = (error) => features.uncaught(String(error));
  process.on("uncaughtException", blame);
  try {
    return await new Promise((resolve) => features.run(feature, context, resolve));
  } finally {
    process.off("uncaughtException", blame);
  }
}

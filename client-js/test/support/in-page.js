// Sockets as in connect.js, in a page.
import * as bare from "./connect.js";
import { FakePage } from "./page.js";

export { open, record } from "./connect.js";
export { failure } from "./network.js";

export function start(t, options) {
  const page = new FakePage().install(t);
  return { ...bare.start(t, options), page };
}

export function connected(t, options) {
  const page = new FakePage().install(t);
  return { ...bare.connected(t, options), page };
}

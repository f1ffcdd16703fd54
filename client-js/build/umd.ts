// How the script hands itself over: to CommonJS, to AMD, or as globals.
import { root } from "../src/root";
import io from "../src/script";

declare const module: any;
declare const define: any;

// An element of a page with the id "module" is a global `module`, though one without `exports`.
if (typeof module === "object" && module.exports) module.exports = io;
else if (typeof define === "function" && define.amd) define(() => io);
else root.io = root.encke = io;

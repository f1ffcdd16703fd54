// The relay as a process, for the tests in other languages: `node relay.js TARGET`.
// Prints its address, obeys one word a line (cut, freeze) and ends with its standard input.

import { createInterface } from "node:readline";
import { Proxy } from "./proxy.js";

const proxy = await Proxy.before(process.argv[2]);
console.log(proxy.url);
for await (const word of createInterface({ input: process.stdin })) {
  if (word === "cut") await proxy.cut();
  else if (word === "freeze") proxy.freeze();
  else throw new Error(`unknown word: ${word}`);
  console.log("done");
}
proxy.close();

// The clients under test and the ways they may travel.

import { createRequire } from "node:module";
import { io as io4 } from "socket.io-client";
import { io as io3 } from "socket.io-client-3";

const version = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;

export const clients = [
  { name: `socket.io-client ${version("socket.io-client")}`, io: io4, recovers: true },
  { name: `socket.io-client ${version("socket.io-client-3")}`, io: io3 },
];

export const modes = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

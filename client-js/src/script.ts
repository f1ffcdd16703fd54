import { client, connect, io, Manager, polling, protocol, Socket, webSocket } from "./index";

/** The whole library in one function, for a page without modules and for CommonJS. */
export default (function () {
  const script: any = io;
  const parts: any = { io, connect, Manager, Socket, protocol, client, polling, webSocket, default: io };
  for (const name in parts) script[name] = parts[name];
  return script;
})();

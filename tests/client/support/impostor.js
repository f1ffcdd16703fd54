// Something that stands where a server is expected: a TCP server whose behaviour is a function, and can
// be changed while it runs.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export class Impostor {
  // Called with each request's connection and its head: `(socket, head)`.
  behave;
  // How many requests came.
  requests = 0;
  url;
  #server;
  #sockets = new Set();

  static async start(behave) {
    const impostor = new Impostor();
    impostor.behave = behave;
    impostor.#server = createServer((socket) => impostor.#accept(socket)).listen(0, "127.0.0.1");
    await once(impostor.#server, "listening");
    impostor.url = `http://127.0.0.1:${impostor.#server.address().port}`;
    return impostor;
  }

  // Breaks what there is; what comes next is treated by `behave`.
  become(behave) {
    this.behave = behave;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }

  #accept(socket) {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.once("data", (head) => {
      this.requests += 1;
      this.behave(socket, head.toString("latin1"), head);
    });
  }
}

// Behaviours.

export const raw = (text) => (socket) => socket.end(text);

export const reset = (socket) => socket.resetAndDestroy();

export const hang = () => {};

// A whole answer; `length` may say more than there is.
export function http(status, type, body, { headers = {}, length = Buffer.byteLength(body) } = {}) {
  const all = { "Content-Type": type, "Content-Length": length, Connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return raw(`HTTP/1.1 ${status} Somehow\r\n${lines.join("")}\r\n${body}`);
}

// One behaviour for the root, another for everything else.
export function elsewhere(atRoot, everywhereElse) {
  return (socket, head, bytes) => (/^GET \/ /.test(head) ? atRoot : everywhereElse)(socket, head, bytes);
}

// Hands everything on to the server at `url`.
export const relay = (url) => (socket, _, bytes) => {
  const { hostname, port } = new URL(url);
  const server = connect(port, hostname);
  server.on("error", () => socket.destroy());
  server.on("close", () => socket.destroy());
  socket.on("close", () => server.destroy());
  server.write(bytes);
  socket.pipe(server).pipe(socket);
};

// Takes a WebSocket and sends these frames: text, or bytes.
export const webSocket = (...frames) => (socket, head) => {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1];
  if (!key) return socket.destroy();
  const accept = createHash("sha1").update(key + GUID).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  for (const frame of frames) socket.write(encodeFrame(frame));
  // Read what comes, so that its end is noticed.
  socket.resume();
};

// Answers the polls of one session with these bodies, and after that not at all.
export function polls(...bodies) {
  return (socket, head, bytes) => {
    if (/^GET /.test(head)) {
      if (bodies.length > 0) http(200, "text/plain; charset=UTF-8", bodies.shift())(socket);
    } else {
      // The answer may be read only by who has sent the whole body.
      const body = bytes.subarray(head.indexOf("\r\n\r\n") + 4).length;
      const missing = Number(/^content-length: *(\d+)/im.exec(head)[1]) - body;
      if (missing <= 0) http(200, "text/html", "ok")(socket);
      else socket.once("data", () => http(200, "text/html", "ok")(socket));
    }
  };
}

// A server's frame, which is not masked.
function encodeFrame(data) {
  const payload = Buffer.from(data);
  const head = Buffer.alloc(payload.length < 126 ? 2 : 10);
  head[0] = typeof data === "string" ? 0x81 : 0x82;
  head[1] = payload.length < 126 ? payload.length : 127;
  if (head.length > 2) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

// The handlers of the conformance server on npm's socket.io: `node reference.js --port P`.
import { createServer } from "node:http";
import { Server } from "socket.io";

const ANSWER_MS = 500;
const MOST_TICKS = 20_000;
const BRISK = { pingInterval: 300, pingTimeout: 200, connectTimeout: 1_000 };
const PATHS = {
  "/socket.io/": BRISK,
  "/relaxed/": {},
  "/recovery/": { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } },
};

const http = createServer((_, response) => response.writeHead(404).end());
// Why each tracked socket was disconnected, by label; shared by all paths.
const reasons = new Map();

for (const [path, options] of Object.entries(PATHS)) {
  const io = new Server(http, { path, serveClient: false, cors: { origin: "*" }, destroyUpgrade: false, ...options });
  for (const name of ["/", "/custom", /^\/dynamic-\d+$/]) io.of(name).on("connection", attend);
  io.of("/auth").use(authorize).on("connection", attend);
}

function authorize(socket, next) {
  if (socket.handshake.auth.token === "secret") return next();
  next(Object.assign(new Error("not authorized"), { data: { code: "E_AUTH", retry: false } }));
}

function attend(socket) {
  const { nsp, handshake } = socket;
  // Calls `handler` with the arguments and, if one was asked for, the acknowledgement.
  const on = (event, handler) =>
    socket.on(event, (...args) => {
      const answer = typeof args.at(-1) === "function" ? args.pop() : () => {};
      handler(args, answer);
    });
  const onText = (event, handler) =>
    on(event, ([text, ...rest], answer) => {
      if (typeof text === "string") handler(text, rest, answer);
    });

  on("message", (args) => socket.emit("message-back", ...args));
  on("message-with-ack", (args, answer) => answer(...args));
  on("emit-with-ack", (args) => {
    socket.timeout(ANSWER_MS).emit("emit-with-ack", ...args, (error, ...answer) => {
      if (!error) socket.emit("emit-with-ack-back", ...answer);
      else if (socket.connected) socket.emit("emit-with-ack-timeout");
    });
  });
  onText("join", async (room, _, answer) => {
    await socket.join(room);
    answer("ok");
  });
  onText("leave", async (room, _, answer) => {
    await socket.leave(room);
    answer("ok");
  });
  on("rooms", (_, answer) => answer([...socket.rooms].filter((room) => room !== socket.id).sort()));
  onText("to-others", (room, rest) => socket.to(room).emit("room-event", room, ...rest));
  onText("to-all", (room, rest) => nsp.to(room).emit("room-event", room, ...rest));
  onText("to-except", (room, [except, ...rest]) => nsp.to(room).except(except).emit("room-event", room, ...rest));
  on("broadcast", (args) => socket.broadcast.emit("broadcast-event", ...args));
  on("burst", ([count]) => {
    for (let tick = 0; tick < Math.min(count, MOST_TICKS); tick += 1) socket.emit("tick", tick);
  });
  on("disconnect-me", ([close]) => {
    if (typeof close === "boolean") socket.disconnect(close);
  });
  on("handshake", (_, answer) => answer({ sid: socket.id, nsp: nsp.name, auth: handshake.auth, query: handshake.query }));
  onText("track", (label, _, answer) => {
    socket.on("disconnect", (reason) => reasons.set(label, reason));
    answer("ok");
  });
  onText("reason-of", (label, _, answer) => answer(reasons.get(label) ?? null));

  socket.emit("auth", handshake.auth);
}

const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
http.listen(port, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${http.address().port}`));

// The names that Socket.IO's users know, and what they are.
import { expectTypeOf } from "expect-type";
import encke, { client, connect, io, Manager, polling, protocol, Socket, webSocket } from "encke-client";
import type { ManagerOptions, Options, Resumed, TransportError } from "encke-client";

expectTypeOf(encke).toEqualTypeOf(io);
expectTypeOf(connect).toEqualTypeOf(io);
expectTypeOf(protocol).toExtend<number>();
expectTypeOf(client([webSocket, polling])).toEqualTypeOf(io);
expectTypeOf<Options>().toExtend<ManagerOptions>();

const options: Options = {
  path: "/socket.io",
  transports: ["websocket", polling],
  auth: (give) => give({ token: "t" }),
  query: { room: "1" },
  extraHeaders: { "x-one": "1" },
  withCredentials: true,
  reconnection: true,
  reconnectionAttempts: 3,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.5,
  timeout: 20000,
  forceNew: false,
  multiplex: true,
  upgrade: true,
  rememberUpgrade: true,
  ackTimeout: 1000,
  retries: 3,
  maxBuffer: 1048576,
  autoConnect: false,
};
const socket = io("https://example.org", options);
expectTypeOf(socket).toExtend<Socket>();
// @ts-expect-error there is no such option
io({ patience: 1 });
// @ts-expect-error an option is of another type
io({ reconnection: "yes" });

// Chains keep the socket; `listen` gives its undo.
expectTypeOf(socket.on("a", () => {}).once("b", () => {}).off("a")).toEqualTypeOf(socket);
expectTypeOf(socket.onAny(() => {}).offAny()).toEqualTypeOf(socket);
expectTypeOf(socket.volatile.compress(false).emit("a")).toEqualTypeOf(socket);
expectTypeOf(socket.connect().disconnect()).toEqualTypeOf(socket);
expectTypeOf(socket.listen("a", () => {})).toEqualTypeOf<() => void>();
expectTypeOf(socket.connected).toEqualTypeOf<boolean>();
expectTypeOf(socket.active).toEqualTypeOf<boolean>();
expectTypeOf(socket.recovered).toEqualTypeOf<boolean>();
expectTypeOf(socket.id).toEqualTypeOf<string | undefined>();
expectTypeOf(socket.io.engine.transport.name).toEqualTypeOf<string>();
socket.io.engine.on("resume", (resumed) => expectTypeOf(resumed).toEqualTypeOf<Resumed>());
socket.io.engine.on("detach", (reason, error) => {
  expectTypeOf(reason).toEqualTypeOf<string>();
  expectTypeOf(error).toEqualTypeOf<TransportError>();
});
// @ts-expect-error there is nothing behind the counts
socket.io.engine.on("resume", (resumed: Resumed, more: string) => {});
socket.io.engine.on("upgrade", (transport) => transport);
socket.on("disconnect", (reason) => reason === "session gone");
// @ts-expect-error it is for the library to say
socket._fire("a", []);

const manager = new Manager("https://example.org", { autoConnect: false });
expectTypeOf(manager.socket("/chat")).toExtend<Socket>();
expectTypeOf(manager.reconnectionDelay()).toEqualTypeOf<number>();
expectTypeOf(manager.reconnectionDelay(1000)).toEqualTypeOf(manager);

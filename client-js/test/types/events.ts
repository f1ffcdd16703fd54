// Typed events: each line that the comment calls wrong has to be refused.
import { expectTypeOf } from "expect-type";
import { io, type Socket } from "encke-client";

interface FromServer {
  note: (text: string, at: number) => void;
  ask: (question: string, answer: (yes: boolean) => void) => void;
}

interface ToServer {
  say: (text: string) => void;
  count: (from: number, done: (total: number) => void) => void;
  sync: (done: () => void) => void;
}

const socket: Socket<FromServer, ToServer> = io("https://example.org/chat");

// What comes.
socket.on("note", (text, at) => {
  expectTypeOf(text).toEqualTypeOf<string>();
  expectTypeOf(at).toEqualTypeOf<number>();
});
socket.once("ask", (question, answer) => {
  expectTypeOf(question).toEqualTypeOf<string>();
  expectTypeOf(answer).toEqualTypeOf<(yes: boolean) => void>();
  answer(true);
  // @ts-expect-error the answer is yes or no
  answer("yes");
});
socket.on("note", () => {});
// @ts-expect-error no event of this name comes
socket.on("say", () => {});
// @ts-expect-error its first argument is a string
socket.on("note", (text: number) => text);
// @ts-expect-error nor is it anything else for `listen`
socket.listen("note", (text: number) => text);

// What goes.
expectTypeOf(socket.emit("say", "hello")).toEqualTypeOf(socket);
socket.emit("count", 1, (total) => {
  expectTypeOf(total).toEqualTypeOf<number>();
});
// @ts-expect-error no event of this name goes
socket.emit("note", "hello", 1);
// @ts-expect-error an argument is missing
socket.emit("say");
// @ts-expect-error an argument is of another type
socket.emit("say", 1);
// @ts-expect-error there is one argument too many
socket.emit("say", "hello", "world");
// @ts-expect-error the ack gets a number
socket.emit("count", 1, (total: string) => total);

// What is answered.
expectTypeOf(socket.emitWithAck("count", 1)).toEqualTypeOf<Promise<number>>();
expectTypeOf(socket.emitWithAck("sync")).resolves.toEqualTypeOf<undefined>();
// @ts-expect-error the ack is not given, it is awaited
socket.emitWithAck("count", 1, () => {});
// @ts-expect-error an argument is of another type
socket.emitWithAck("count", "1");
socket.timeout(1000).emit("count", 1, (error, total) => {
  expectTypeOf(error).toEqualTypeOf<Error>();
  expectTypeOf(total).toEqualTypeOf<number>();
});
expectTypeOf(socket.timeout(1000).emitWithAck("count", 1)).toEqualTypeOf<Promise<number>>();

// The library's own events.
socket.on("connect", () => {});
socket.on("disconnect", (reason) => {
  expectTypeOf<"transport close">().toExtend<typeof reason>();
  expectTypeOf(reason).toExtend<string>();
  // @ts-expect-error there is no such reason
  reason === "boredom";
});
socket.on("connect_error", (error) => {
  expectTypeOf(error).toExtend<Error>();
});
// @ts-expect-error nobody is told anything by `connect`
socket.on("connect", (what: string) => what);

// Without types of one's own, every event is possible.
const loose = io();
loose.on("anything", (...args) => {
  expectTypeOf(args).toEqualTypeOf<any[]>();
});
loose.emit("anything", 1, "two", [3], (answer: unknown) => answer);
expectTypeOf(loose.emitWithAck("anything", 1)).toEqualTypeOf<Promise<any>>();

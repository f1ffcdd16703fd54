// The page: what the user does goes to the server, what the server says is shown.
//
// Everything that is shown of a room arrives as an event, in one order: `entered` with the
// room as it is, then what changes in it. An acknowledgement only says how a request ended.
import { messageLog, paintPerson } from "./log.js";
import { peopleList, roomList, typingLine } from "./lists.js";
import { makeOutbox } from "./outbox.js";
import { recall, remember } from "./memory.js";

const ANSWER_MS = 8000;
const TYPING_AGAIN_MS = 2000;
const LEFT_SHOWN = 200;
const HOME = "lobby";
const TRANSPORTS = { websocket: "WebSocket", polling: "long-polling" };

const at = (id) => document.getElementById(id);
const socket = io({ autoConnect: false });

const log = messageLog({
  list: at("log"),
  scroller: at("scroller"),
  latest: at("latest"),
  template: at("message-template"),
});
const outbox = makeOutbox({ log, socket, ask });
const rooms = roomList(at("room-list"), (name) => goTo(name));
const people = peopleList(at("people-list"), document.querySelectorAll(".here-count"));
const typing = typingLine(at("typing"), at("typing-text"), people.nameOf);

let name = "";
let room = null;
let unread = 0;
let attempts = 0;

// ---- Asking the server -------------------------------------------------------------------

// Calls back with what went wrong, or with null and the answer.
function ask(event, data, done) {
  // The client would keep it for the next connection, which begins in another room perhaps.
  if (!socket.connected) return done({ code: "no_answer", message: "There is no connection." });
  socket.timeout(ANSWER_MS).emit(event, data, (lost, answer) => {
    if (lost) done({ code: "no_answer", message: "The server did not answer." });
    else done(answer?.error ?? null, answer);
  });
}

function goTo(wanted, done = (fault) => showNotice(fault?.message ?? "")) {
  at("rooms").hidePopover();
  if (!socket.connected || wanted === room) return;
  ask("join", { room: wanted }, (fault) => {
    done(fault);
    if (!fault || !socket.connected) return;
    if (room) replaceAddress(room);
    else if (wanted !== HOME) goTo(HOME, () => {});
  });
}

// ---- What the server says ----------------------------------------------------------------

socket.on("rooms", (list) => rooms.set(list));
socket.on("room", (changed) => rooms.put(changed));

socket.on("entered", (entered) => {
  room = entered.room;
  at("room-title").textContent = room;
  at("text").placeholder = `Message ${room}`;
  if (!addressedRoom()) replaceAddress(room);
  else if (addressedRoom() !== room) location.hash = encodeURIComponent(room);
  rooms.enter(room);
  people.set(entered.members, entered.you);
  typing.clear();
  log.refill(() => {
    entered.history.forEach(showMessage);
    outbox.resend(room);
  });
  setUnread(0);
});

socket.on("message", (message) => {
  typing.stop(message.from);
  showMessage(message);
  if (document.hidden) setUnread(unread + 1);
});

function showMessage({ key, from, ...message }) {
  const own = outbox.isOwn(key);
  if (own) outbox.arrived(key);
  log.show({ ...message, author: own ? "own" : from, fate: own ? "delivered" : null });
}

socket.on("joined", (member) => {
  people.add(member);
  log.note(member.name, "came in");
});

socket.on("left", ({ id }) => {
  log.note(people.nameOf(id), "left");
  typing.stop(id);
  people.remove(id);
});

socket.on("renamed", (member) => {
  log.note(people.nameOf(member.id), "is now", member.name);
  people.rename(member.id, member.name);
});

socket.on("typing", ({ id, on }) => typing.set(id, on));

// ---- The connection ----------------------------------------------------------------------

function showState(state, text) {
  at("chat").dataset.state = state;
  at("state").textContent = text;
  at("lost").hidden = state === "online";
}

function showTransport({ name }) {
  showState("online", `Connected over ${TRANSPORTS[name] ?? name}`);
}

function showDoor(fault) {
  at("enter-fault").textContent = fault;
  at("chat").hidden = true;
  at("door").hidden = false;
  at("name").focus();
}

function connectAnew() {
  socket.disconnect().connect();
}

socket.on("connect", () => {
  attempts = 0;
  remember(localStorage, "name", name);
  at("door").hidden = true;
  at("chat").hidden = false;
  const { engine } = socket.io;
  showTransport(engine.transport);
  engine.on("upgrade", showTransport);
  // The session lives on meanwhile, and with it the room.
  engine.on("detach", () => showState("offline", "Connection lost, trying again"));
  engine.on("resume", () => showTransport(engine.transport));
  if (matchMedia("(pointer: fine)").matches) at("text").focus();
  // This connection is in no room yet.
  const wanted = room ?? (addressedRoom() || HOME);
  room = null;
  goTo(wanted);
});

socket.on("disconnect", () => {
  typing.clear();
  showState("offline", socket.active ? "Connection lost, trying again" : "The server ended the connection");
});

socket.on("connect_error", (error) => {
  if (!socket.active) return showDoor(error.message);
  showState("offline", attempts ? `No answer to attempt ${attempts}, trying again` : "No answer, trying again");
  if (at("chat").hidden) at("enter-fault").textContent = "The server does not answer; trying again.";
});

socket.io.on("reconnect_attempt", (attempt) => {
  attempts = attempt;
  showState("connecting", `Connecting again, attempt ${attempt}`);
});
at("transport").addEventListener("change", ({ target }) => {
  remember(sessionStorage, "transport", target.value);
  chooseTransport(target.value);
  if (socket.active) connectAnew();
});

function chooseTransport(transport) {
  socket.io.opts.transports = transport ? [transport] : undefined;
}

at("transport").value = recall(sessionStorage, "transport") ?? "";
chooseTransport(at("transport").value);
at("try-now").addEventListener("click", connectAnew);

// ---- The user's name ---------------------------------------------------------------------

function setName(next) {
  name = next;
  socket.auth = { name };
  at("own-name").textContent = name;
  paintPerson(at("you"), name);
}

at("name").value = recall(localStorage, "name") ?? "";
at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  at("enter-fault").textContent = "";
  setName(at("name").value.trim());
  connectAnew();
});

at("rename-open").addEventListener("click", () => {
  at("new-name").value = name;
  at("rename-fault").textContent = "";
  at("rename").showModal();
});
at("rename-cancel").addEventListener("click", () => at("rename").close());
at("rename").addEventListener("submit", (event) => {
  event.preventDefault();
  ask("rename", { name: at("new-name").value }, (fault, answer) => {
    at("rename-fault").textContent = fault?.message ?? "";
    if (fault) return;
    setName(answer.name);
    remember(localStorage, "name", name);
    at("rename").close();
  });
});

// ---- Rooms -------------------------------------------------------------------------------

function addressedRoom() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function replaceAddress(to) {
  history.replaceState(null, "", `#${encodeURIComponent(to)}`);
}

function showNotice(text) {
  at("notice-text").textContent = text;
  at("notice").hidden = text === "";
}

at("notice-close").addEventListener("click", () => showNotice(""));
window.addEventListener("hashchange", () => goTo(addressedRoom() || HOME));

at("create").addEventListener("submit", (event) => {
  event.preventDefault();
  ask("join", { room: at("room").value }, (fault) => {
    at("create-fault").textContent = fault?.message ?? "";
    if (fault) return at("room").focus();
    at("room").value = "";
    at("rooms").hidePopover();
    at("text").focus();
  });
});

// ---- Writing -----------------------------------------------------------------------------

let typingTold = -Infinity;

function tellTyping(on) {
  const sinceTold = performance.now() - typingTold;
  if (!socket.connected || (on ? sinceTold < TYPING_AGAIN_MS : sinceTold === Infinity)) return;
  typingTold = on ? performance.now() : -Infinity;
  socket.emit("typing", { on });
}

function showLeft() {
  const left = at("text").maxLength - at("text").value.length;
  at("left").textContent = left < LEFT_SHOWN ? left : "";
}

at("text").addEventListener("input", () => {
  showLeft();
  tellTyping(at("text").value.trim() !== "");
});

at("text").addEventListener("keydown", (event) => {
  // While an input method is composing, Enter chooses a word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("compose").requestSubmit();
});

at("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text || !room) return;
  tellTyping(false);
  outbox.send(room, name, text);
  at("text").value = "";
  showLeft();
  at("text").focus();
});

// ---- The title ---------------------------------------------------------------------------

function setUnread(count) {
  unread = count;
  document.title = `${unread ? `(${unread}) ` : ""}${room ? `${room} · ` : ""}Chat`;
}

document.addEventListener("visibilitychange", () => !document.hidden && setUnread(0));

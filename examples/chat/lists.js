// What stands beside the messages: the rooms, who is here, and who is typing.
import { paintPerson } from "./log.js";

// Longer than chat.js waits before it says again that its user is typing.
const TYPING_MS = 4000;

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

const personName = (name) => element("bdi", "", name);

export function roomList(list, pick) {
  let current = null;

  const find = (name) => [...list.children].find((item) => item.dataset.room === name);

  function add(name) {
    const item = element("li", "");
    const button = element("button", "");
    item.dataset.room = name;
    button.append(personName(name), element("span", "count"));
    button.addEventListener("click", () => pick(name));
    item.append(button);
    // Alphabetical, so that a room does not move under the pointer when its count changes.
    const next = [...list.children].find((other) => other.dataset.room.localeCompare(name) > 0);
    list.insertBefore(item, next ?? null);
    return item;
  }

  function put({ name, here }) {
    const count = (find(name) ?? add(name)).querySelector(".count");
    count.textContent = here || "";
    count.setAttribute("aria-label", `${here} here`);
    mark();
  }

  function mark() {
    for (const item of list.children) {
      item.firstElementChild.setAttribute("aria-current", item.dataset.room === current ? "page" : "false");
    }
  }

  return {
    put,
    set(rooms) {
      list.replaceChildren();
      rooms.forEach(put);
    },
    enter(name) {
      current = name;
      mark();
    },
  };
}

export function peopleList(list, counts) {
  const people = new Map();
  let own = null;

  function count() {
    for (const each of counts) each.textContent = people.size || "";
  }

  function fill({ item }, name) {
    paintPerson(item, name);
    item.querySelector("bdi").textContent = name;
  }

  function add({ id, name }) {
    const item = element("li", "");
    const face = element("span", "face");
    face.setAttribute("aria-hidden", "true");
    item.append(face, personName(name));
    if (id === own) item.append(element("span", "muted", "you"));
    people.set(id, { name, item });
    fill(people.get(id), name);
    list.append(item);
    count();
  }

  return {
    add,
    set(members, you) {
      own = you;
      people.clear();
      list.replaceChildren();
      members.forEach(add);
    },
    remove(id) {
      people.get(id)?.item.remove();
      people.delete(id);
      count();
    },
    rename(id, name) {
      const person = people.get(id);
      if (!person) return;
      person.name = name;
      fill(person, name);
    },
    nameOf: (id) => people.get(id)?.name,
  };
}

export function typingLine(line, text, nameOf) {
  const typing = new Map();

  function stop(id) {
    clearTimeout(typing.get(id));
    if (typing.delete(id)) say();
  }

  function say() {
    const names = [...typing.keys()].map(nameOf).filter(Boolean);
    const [first, second] = names.map(personName);
    if (names.length > 2) text.replaceChildren(`${names.length} people are typing`);
    else if (second) text.replaceChildren(first, " and ", second, " are typing");
    else if (first) text.replaceChildren(first, " is typing");
    else text.replaceChildren();
    line.classList.toggle("busy", names.length > 0);
  }

  return {
    // That somebody stopped may never be told: a connection can end first.
    set(id, on) {
      stop(id);
      if (!on) return;
      typing.set(id, setTimeout(stop, TYPING_MS, id));
      say();
    },
    stop,
    clear: () => [...typing.keys()].forEach(stop),
  };
}

// The messages of one room: in the order of the server's numbers, unconfirmed ones last.

const RUN_MS = 5 * 60_000;
const NEAR_END_PX = 60;
const FATES = { sending: "Sending", delivered: "Delivered", failed: "Not sent" };

// Emoji alone, up to three: shown large.
const EMOJI = /^(?:\p{Emoji_Presentation}[\u200d\ufe0f\p{Emoji_Modifier}]*){1,3}$/u;

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

// A colour that stays with a name, whoever's screen it is on.
export function paintPerson(item, name) {
  let hue = 7;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  item.style.setProperty("--hue", hue);
  item.querySelector(".face").textContent = [...name][0];
}

export function messageLog({ list, scroller, latest, template }) {
  let atEnd = true;

  function follow() {
    scroller.scrollTop = scroller.scrollHeight;
    latest.hidden = true;
  }

  function watch() {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
    if (atEnd) latest.hidden = true;
  }

  scroller.addEventListener("scroll", watch, { passive: true });
  latest.addEventListener("click", follow);
  // A keyboard that opens, or a composer that grows, must not hide the newest message.
  new ResizeObserver(() => atEnd && follow()).observe(scroller);

  // A message without a number yet stays last; a note has the number of what it follows.
  function place(item, number) {
    item.dataset.number = number;
    let before = list.lastElementChild;
    while (before && (before === item || Number(before.dataset.number) > number)) {
      before = before.previousElementSibling;
    }
    if (before) before.after(item);
    else list.prepend(item);
  }

  function lastNumber() {
    const numbers = [...list.children].map((item) => Number(item.dataset.number));
    return Math.max(0, ...numbers.filter(Number.isFinite));
  }

  function neighbour(item, direction) {
    let other = item?.[direction];
    while (other && !other.matches(".message")) other = other[direction];
    return other;
  }

  // A run of messages says its day, its name and its face once.
  function arrange(item) {
    if (!item) return;
    const at = Number(item.dataset.at);
    const previous = neighbour(item, "previousElementSibling");
    const today = calendar.format(at);
    const sameDay = previous && calendar.format(Number(previous.dataset.at)) === today;
    const goesOn =
      sameDay &&
      previous === item.previousElementSibling &&
      previous.dataset.author === item.dataset.author &&
      at - Number(previous.dataset.at) < RUN_MS;
    item.querySelector(".day").textContent = sameDay ? "" : today;
    item.classList.toggle("goes-on", Boolean(goesOn));
  }

  function arrangeAround(item) {
    arrange(item);
    arrange(neighbour(item, "nextElementSibling"));
  }

  function setTime(item, at) {
    const time = item.querySelector("time");
    time.dateTime = new Date(at).toISOString();
    time.textContent = clock.format(at);
    item.dataset.at = at;
  }

  function setFate(item, fate) {
    const tick = item.querySelector(".tick");
    item.dataset.fate = fate;
    tick.setAttribute("aria-label", FATES[fate]);
    tick.title = FATES[fate];
    tick.querySelector("use").setAttribute("href", `#i-${fate}`);
    item.querySelector(".fault").hidden = fate !== "failed";
  }

  return {
    // `fate` is for one's own messages; without `id` the message is not confirmed yet.
    show({ id = Infinity, author, name, at, text, fate }) {
      const item = template.content.firstElementChild.cloneNode(true);
      item.dataset.author = author;
      item.classList.toggle("own", Boolean(fate));
      item.classList.toggle("emoji", EMOJI.test(text));
      paintPerson(item, name);
      item.querySelector(".name").textContent = name;
      item.querySelector(".text").textContent = text;
      setTime(item, at);
      if (fate) setFate(item, fate);
      else item.querySelector(".tick").remove();
      place(item, id);
      arrangeAround(item);
      if (atEnd || fate) follow();
      else latest.hidden = false;
      return item;
    },

    delivered(item, { id, at }) {
      const next = neighbour(item, "nextElementSibling");
      setTime(item, at);
      setFate(item, "delivered");
      place(item, id);
      arrangeAround(item);
      arrange(next);
    },

    sending: (item) => setFate(item, "sending"),

    failed(item, why, again, discard) {
      setFate(item, "failed");
      item.querySelector(".why").textContent = why;
      item.querySelector(".again").onclick = again;
      item.querySelector(".discard").onclick = discard;
      if (atEnd) follow();
    },

    remove(item) {
      const next = neighbour(item, "nextElementSibling");
      item.remove();
      arrange(next);
    },

    // A name says nothing about the direction of the text around it.
    note(name, what, newName = "") {
      const item = document.createElement("li");
      const [who, whom] = [name, newName].map((each) => {
        const isolated = document.createElement("bdi");
        isolated.textContent = each;
        return isolated;
      });
      item.className = "note";
      item.append(who, ` ${what} `, whom);
      place(item, lastNumber());
      arrange(neighbour(item, "nextElementSibling"));
      if (atEnd) follow();
    },

    // What was said before is not news to be read aloud.
    refill(fill) {
      scroller.setAttribute("aria-busy", "true");
      list.replaceChildren();
      fill();
      follow();
      scroller.setAttribute("aria-busy", "false");
    },
  };
}

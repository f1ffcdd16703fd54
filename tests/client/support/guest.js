// A page with one socket, to which a test does something.
const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };

export class Guest {
  #mode;
  #options;
  // Labels are the server's, and other guests have the same names for theirs.
  #id = Math.random().toString(36).slice(2);

  constructor(page, mode, options) {
    this.page = page;
    this.#mode = mode;
    this.#options = { path: "/relaxed", transports: TRANSPORTS[mode], forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 200, ...options };
  }

  // Opens a page and resolves when it is connected to `server`.
  static async enter(t, engine, site, server, mode, options) {
    const page = await engine.open(site.page());
    t.after(() => page.close());
    const guest = new Guest(page, mode, options);
    await guest.connect(server);
    await guest.settled();
    return guest;
  }

  connect(server) {
    return this.page.evaluate("guest.connect", server.url, this.#options);
  }

  // Until it is connected, over the transport that the mode ends up with.
  settled() {
    return this.#when("guest.isSettled", TRANSPORTS[this.#mode].at(-1));
  }

  // Until an event has come so often.
  until(event, count) {
    return this.#when("function (event, count) { return guest.count(event) >= count; }", event, count);
  }

  async ask(event, argument) {
    await this.page.evaluate("guest.ask", event, argument);
  }

  answered(value) {
    return this.#when("function (value) { return guest.answers.indexOf(value) >= 0; }", value);
  }

  // The server remembers why this socket ends.
  async track(word) {
    await this.ask("track", this.label(word));
    await this.answered("ok");
  }

  label(word) {
    return `${word} ${this.#id}`;
  }

  async #when(source, ...args) {
    try {
      await this.page.until(source, ...args);
    } catch (error) {
      const story = await this.page.evaluate("guest.story").catch(() => ["the page does not answer"]);
      error.message += ` [${story.join("; ")}]`;
      throw error;
    }
  }
}

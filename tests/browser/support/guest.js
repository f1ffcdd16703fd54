// Somebody at a page of the chat: what they do, and what they can see.
import { join } from "node:path";

const WAIT_MS = 15_000;

export class Guest {
  constructor(page) {
    this.page = page;
    page.limit = WAIT_MS;
  }

  async enter(name) {
    await this.page.fill({ css: "input", name: "Your name" }, name);
    await this.press("Enter");
    await this.isIn();
  }

  // A button, by what a screen reader would call it.
  press(name) {
    return this.page.click({ css: "button", name });
  }

  // Until the page shows a room, with a connection.
  async isIn(room = "") {
    await this.page.sees("#chat[data-state=online]");
    await this.page.sees({ css: "#people-list li", text: "you" });
    await this.page.sees({ css: "#room-title", text: room });
  }

  async isOffline() {
    await this.page.sees("#chat:is([data-state=offline], [data-state=connecting])");
  }

  async makeRoom(name) {
    await this.page.fill({ css: "input", name: "Name of the new room" }, name);
    await this.press("Make the room");
  }

  async goTo(room) {
    await this.page.click({ css: "#room-list button", text: room });
    await this.isIn(room);
  }

  async write(text) {
    await this.page.fill("#text", text);
    await this.page.press("Enter");
  }

  async say(text) {
    await this.write(text);
    await this.delivered(text);
  }

  // Until a message of exactly this text is there; with a `fate`, until the message shows that.
  async sees(text, fate) {
    await this.page.until(
      (text, fate) =>
        [...document.querySelectorAll(".message")].some(
          (message) =>
            message.querySelector(".text").textContent === text &&
            (!fate || message.querySelector("[role=img]")?.getAttribute("aria-label") === fate),
        ),
      text,
      fate,
    );
  }

  async delivered(text) {
    await this.sees(text, "Delivered");
  }

  all(css) {
    return this.page.evaluate((css) => [...document.querySelectorAll(css)].map((element) => element.textContent), css);
  }

  texts() {
    return this.all(".message .text");
  }

  people() {
    return this.all("#people-list bdi");
  }

  // Until exactly these people are shown, in any order.
  async seesPeople(...names) {
    await this.page.until(
      (wanted) => [...document.querySelectorAll("#people-list bdi")].map((name) => name.textContent).sort().join() === wanted,
      names.sort().join(),
    );
  }

  async seesCount(room, count) {
    await this.page.until(
      (room, count) =>
        [...document.querySelectorAll("#room-list li")].some(
          (item) => item.dataset.room === room && item.querySelector(".count").textContent === String(count || ""),
        ),
      room,
      count,
    );
  }

  async isHidden(css) {
    await this.page.until((css) => document.querySelector(css).getBoundingClientRect().width === 0, css);
  }

  // Saved only where somebody wants to look at them.
  async picture(name) {
    const folder = process.env.SCREENSHOTS;
    if (folder) await this.page.screenshot(join(folder, `${name}.png`));
  }
}

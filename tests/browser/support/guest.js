// Somebody at a page of the chat: what they do, and what they can see.
import { join } from "node:path";

const WAIT_MS = 15_000;

export class Guest {
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(WAIT_MS);
  }

  async enter(name) {
    await this.page.getByRole("textbox", { name: "Your name" }).fill(name);
    await this.page.getByRole("button", { name: "Enter" }).click();
    await this.isIn();
  }

  // Until the page shows a room, with a connection.
  async isIn(room = "") {
    await this.page.locator("#chat[data-state=online]").waitFor();
    await this.page.locator("#people-list li", { hasText: "you" }).waitFor({ state: "attached" });
    await this.page.locator("#room-title", { hasText: room }).waitFor();
  }

  async isOffline() {
    await this.page.locator("#chat:is([data-state=offline], [data-state=connecting])").waitFor();
  }

  async makeRoom(name) {
    await this.page.getByRole("textbox", { name: "Name of the new room" }).fill(name);
    await this.page.getByRole("button", { name: "Make the room" }).click();
  }

  async goTo(room) {
    await this.page.locator("#room-list button", { hasText: room }).click();
    await this.isIn(room);
  }

  async write(text) {
    await this.page.locator("#text").fill(text);
    await this.page.keyboard.press("Enter");
  }

  async say(text) {
    await this.write(text);
    await this.delivered(text);
  }

  message(text) {
    return this.page.locator(".message").filter({ has: this.page.locator(".text").getByText(text, { exact: true }) });
  }

  async delivered(text) {
    await this.message(text).getByRole("img", { name: "Delivered" }).waitFor();
  }

  async sees(text) {
    await this.message(text).waitFor();
  }

  texts() {
    return this.page.locator(".message .text").allTextContents();
  }

  people() {
    return this.page.locator("#people-list bdi").allTextContents();
  }

  // Until exactly these people are shown, in any order.
  async seesPeople(...names) {
    const wanted = names.sort().join();
    await this.page.waitForFunction(
      (wanted) => [...document.querySelectorAll("#people-list bdi")].map((name) => name.textContent).sort().join() === wanted,
      wanted,
    );
  }

  async seesCount(room, count) {
    await this.page.waitForFunction(
      ([room, count]) =>
        [...document.querySelectorAll("#room-list li")].some(
          (item) => item.dataset.room === room && item.querySelector(".count").textContent === String(count || ""),
        ),
      [room, count],
    );
  }

  // Saved only where somebody wants to look at them.
  async picture(name) {
    const folder = process.env.SCREENSHOTS;
    if (folder) await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}

// The chat between browsers of different engines, each over a transport of its own choice.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { launch } from "../support/engines.js";
import { Guest } from "../support/guest.js";
import { Program } from "../support/program.js";

const PEOPLE = [
  { engine: "chromium", name: "Ada", transport: "", shown: "WebSocket" },
  { engine: "firefox", name: "Bea", transport: "polling", shown: "long-polling" },
  { engine: "webkit", name: "Cy", transport: "websocket", shown: "WebSocket" },
];

// A native list of options is the system's, not the page's: chosen as its keys would choose.
function choose(page, transport) {
  return page.evaluate((value) => {
    const select = document.getElementById("transport");
    select.value = value;
    select.dispatchEvent(new Event("change"));
  }, transport);
}

test("three engines talk, each over a transport of its own", { timeout: 180_000 }, async (t) => {
  const program = new Program();
  const browsers = [];
  t.after(() => Promise.all([program.stop(), ...browsers.map((browser) => browser.close())]));
  await program.start();

  const guests = [];
  for (const { engine, name, transport, shown } of PEOPLE) {
    const browser = await launch(engine);
    browsers.push(browser);
    const page = await browser.page();
    await page.viewport(1100, 720);
    await page.goTo(program.url);
    const guest = new Guest(page);
    await guest.enter(name);
    if (transport) await choose(page, transport);
    await page.sees({ css: "#state", text: `Connected over ${shown}` });
    await guest.isIn("lobby");
    guests.push(guest);
  }
  const names = PEOPLE.map(({ name }) => name);
  for (const guest of guests) await guest.seesPeople(...names);

  const said = [];
  for (const [index, guest] of guests.entries()) {
    const text = `from ${PEOPLE[index].engine}, "☄️" <b>&amp;</b>`;
    said.push(text);
    await guest.say(text);
    for (const other of guests) await other.sees(text);
  }
  for (const [index, guest] of guests.entries()) {
    assert.deepEqual(await guest.texts(), said, PEOPLE[index].engine);
    assert.deepEqual(guest.page.errors, [], PEOPLE[index].engine);
    if (process.env.SCREENSHOTS) await guest.page.screenshot(join(process.env.SCREENSHOTS, `chat-${PEOPLE[index].engine}.png`));
  }

  // The one with another transport goes, and the others hear of it at once.
  await guests[1].page.close();
  await guests[0].seesPeople("Ada", "Cy");
  await guests[2].seesPeople("Ada", "Cy");
});

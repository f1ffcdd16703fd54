import assert from "node:assert/strict";
import { chatTest } from "../support/world.js";

// Runs in a page before its own scripts. The server takes the first message that is said; its answer
// and the connection do not survive.
const LOSE_A_CONFIRMATION = `
  window.lost = 0;
  window.WebSocket = class extends WebSocket {
    #isSaid = false;

    constructor(...args) {
      super(...args);
      this.addEventListener("message", (event) => {
        if (lost > 0 || !this.#isSaid || !String(event.data).startsWith("43")) return;
        lost += 1;
        event.stopImmediatePropagation();
        this.close();
      });
    }

    send(data) {
      this.#isSaid ||= String(data).includes('"say"');
      super.send(data);
    }
  };
`;

chatTest("two people talk in a room", async (world) => {
  const ada = await world.enter("Ada");
  assert.deepEqual(await ada.people(), ["Ada"]);
  const bob = await world.enter("Bob");
  await ada.seesPeople("Ada", "Bob");
  await bob.seesPeople("Ada", "Bob");
  await ada.seesCount("lobby", 2);

  await ada.page.type("#text", "Hel");
  await bob.page.sees({ css: "#typing", text: "Ada is typing" });
  await ada.say("Hello Bob");
  await bob.sees("Hello Bob");
  assert.deepEqual(await bob.all(".message .name"), ["Ada"]);
  assert.deepEqual(await bob.all("#typing.busy"), [], "who has spoken is not typing");
  await bob.say("Hello Ada");
  await ada.sees("Hello Ada");
  await ada.picture("desktop-light");

  assert.deepEqual(await ada.texts(), ["Hello Bob", "Hello Ada"]);
  assert.deepEqual(await bob.texts(), ["Hello Bob", "Hello Ada"]);
  assert.match((await ada.all("#state")).join(), /^Connected over /);

  await bob.page.close();
  await ada.seesPeople("Ada");
  await ada.page.sees({ css: ".note", text: "Bob left" });
  await ada.seesCount("lobby", 1);
});

chatTest("rooms are apart from each other", async (world) => {
  const ada = await world.enter("Ada");
  const cy = await world.enter("Cy");
  await cy.makeRoom("Comets & tails");
  await cy.isIn("Comets & tails");
  await ada.seesPeople("Ada");
  await ada.seesCount("Comets & tails", 1);
  await ada.seesCount("lobby", 1);

  await ada.say("only for the lobby");
  // Whatever had come to Cy's room by mistake would have come before this is delivered.
  await cy.say("only for comets");
  assert.deepEqual(await cy.texts(), ["only for comets"]);
  assert.deepEqual(await ada.texts(), ["only for the lobby"]);

  await ada.goTo("Comets & tails");
  assert.deepEqual(await ada.texts(), ["only for comets"], "who comes in sees what was said");
  await cy.seesPeople("Ada", "Cy");
  await ada.page.back();
  await ada.isIn("lobby");
  assert.deepEqual(await ada.texts(), ["only for the lobby"]);
  await cy.seesPeople("Cy");

  // An address names a room.
  const dee = await world.enter("Dee", { path: await cy.page.evaluate("location.hash") });
  await dee.isIn("Comets & tails");
  assert.deepEqual(await dee.texts(), ["only for comets"]);
});

chatTest("text arrives as itself", async (world) => {
  const texts = [
    "</script><script>document.title = 'broken'</script>",
    "<img src=x onerror=\"document.title = 'broken'\"> &amp; &lt;",
    "👩🏽‍🚀 🏳️‍🌈 e\u0301 \u{1F1EF}\u{1F1F5}",
    "مرحبا \u202e abc",
    "first line\n\tsecond line\u2028third",
    "\"quoted\" \\ back\\slash \\u0041 {}[]",
    "42[\"message\",{}]",
    "__proto__",
  ];
  const ada = await world.enter("<b>Ada</b>");
  const bob = await world.enter("Bob");
  for (const text of texts) {
    await ada.write(text);
    await ada.delivered(text);
  }
  await bob.page.until(`document.querySelectorAll(".message").length >= ${texts.length}`);
  assert.deepEqual(await bob.texts(), texts);
  assert.deepEqual(await bob.all(".message .text *"), []);
  assert.equal((await bob.all(".message .name"))[0], "<b>Ada</b>");
  assert.equal(await bob.page.evaluate("document.title"), "lobby · Chat");

  const late = await world.enter("Late");
  assert.deepEqual(await late.texts(), texts);
});

for (const signal of ["SIGTERM", "SIGKILL"]) {
  chatTest(`a page comes back after the server ended by ${signal}`, async (world) => {
    const ada = await world.enter("Ada");
    const bob = await world.enter("Bob");
    for (const guest of [ada, bob]) {
      await guest.makeRoom("Comets");
      await guest.isIn("Comets");
    }
    await ada.say("before");
    world.expected = /WebSocket connection to .* failed|net::ERR_/;

    await world.program.stop(signal);
    await ada.isOffline();
    await bob.isOffline();
    await ada.write("written meanwhile");
    await ada.sees("written meanwhile", "Sending");
    // One that was killed has not said that it goes, so the client looks for its session.
    const trying = signal === "SIGTERM" ? "attempt \\d" : "trying again";
    await ada.page.until(`/${trying}/.test(document.querySelector("#state").textContent)`);
    await ada.picture(`offline-${signal}`);

    const { url, port } = world.program;
    await world.program.start(port);
    assert.equal(world.program.url, url);
    await ada.isIn("Comets");
    await ada.delivered("written meanwhile");
    await bob.isIn("Comets");
    await bob.sees("written meanwhile");
    await ada.seesPeople("Ada", "Bob");
    await bob.say("after");
    await ada.sees("after");
    assert.deepEqual(await ada.texts(), ["written meanwhile", "after"]);
  });
}

chatTest("a message whose confirmation was lost is said once", async (world) => {
  const bob = await world.enter("Bob");
  const ada = await world.enter("Ada", { before: LOSE_A_CONFIRMATION });
  await ada.page.sees({ css: "#state", text: "Connected over WebSocket" });
  await ada.write("once");
  await bob.sees("once");
  await ada.delivered("once");
  assert.equal(await ada.page.evaluate("lost"), 1, "a confirmation was lost");
  await ada.say("twice");
  await bob.sees("twice");
  assert.deepEqual(await ada.texts(), ["once", "twice"]);
  assert.deepEqual(await bob.texts(), ["once", "twice"]);
});

chatTest("bad input is answered", async (world) => {
  // A refused guest leaves, and so may end an upgrade that has only begun.
  world.expected = /WebSocket is closed before the connection is established/;
  const ada = await world.open();
  const unlimit = (css) => ada.page.evaluate((css) => document.querySelector(css).removeAttribute("maxlength"), css);

  await unlimit("#name");
  await ada.page.fill("#name", "n".repeat(25));
  await ada.press("Enter");
  await ada.page.sees({ css: "#enter-fault", text: "24 characters" });
  await ada.page.fill("#name", "\u200b\u200b");
  await ada.press("Enter");
  await ada.page.until('!/^$|24 characters/.test(document.querySelector("#enter-fault").textContent)');
  await ada.enter("Ada");

  await unlimit("#room");
  await ada.makeRoom("r".repeat(33));
  await ada.page.sees({ css: "#create-fault", text: "32 characters" });

  await unlimit("#text");
  const tooLong = "x".repeat(2001);
  await ada.write(tooLong);
  const refused = { css: ".message[data-fate=failed]", text: "2000 characters" };
  await ada.page.sees(refused);
  await ada.picture("refused");
  await ada.press("Try again");
  await ada.page.sees(refused);
  await ada.press("Discard");
  await ada.say("still here");
  assert.deepEqual(await ada.texts(), ["still here"]);
});

chatTest("a name can be changed, and is remembered", async (world) => {
  const ada = await world.enter("Ada");
  const bob = await world.enter("Bob");
  await ada.say("as Ada");
  await ada.press("Change your name");
  await ada.page.fill("#new-name", "Countess");
  await ada.press("Change");
  await bob.seesPeople("Bob", "Countess");
  await ada.page.sees({ css: "#own-name", text: "Countess" });
  await ada.say("as Countess");
  await bob.sees("as Countess");
  assert.deepEqual(await bob.all(".message .name"), ["Ada", "Countess"]);

  await ada.page.reload();
  assert.equal(await ada.page.evaluate('document.querySelector("#name").value'), "Countess");
  await ada.press("Enter");
  await ada.isIn("lobby");
  await ada.delivered("as Ada");
});

chatTest("it works on a phone", async (world) => {
  const ada = await world.enter("Ada", { phone: true });
  const bob = await world.enter("Bob");
  await bob.makeRoom("Comets");
  await bob.isIn("Comets");

  await ada.page.tap({ css: "button", name: "Rooms" });
  await ada.picture("phone-rooms");
  await ada.page.tap({ css: "#room-list button", text: "Comets" });
  await ada.isHidden("#rooms");
  await ada.page.sees({ css: "#room-title", text: "Comets" });
  await bob.seesPeople("Ada", "Bob");

  await ada.page.tap({ css: "button", text: "Who is here" });
  await ada.page.where({ css: "#people-list li", text: "Bob" }, "see");
  await ada.page.press("Escape");
  await ada.isHidden("#people");

  await ada.page.fill("#text", "a".repeat(300));
  await ada.page.tap({ css: "button", name: "Send" });
  await ada.delivered("a".repeat(300));
  await ada.picture("phone-dark");
  const width = await ada.page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.equal(width, 390, "nothing is wider than the screen");
});

chatTest("the page is served with a policy that forbids everything else", async (world) => {
  await world.open();
  const answer = await fetch(world.program.url);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.equal((await fetch(`${world.program.url}/Cargo.toml`)).status, 404);
});

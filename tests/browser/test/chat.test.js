import assert from "node:assert/strict";
import { chatTest } from "../support/world.js";

chatTest("two people talk in a room", async (world) => {
  const ada = await world.enter("Ada");
  assert.deepEqual(await ada.people(), ["Ada"]);
  const bob = await world.enter("Bob");
  await ada.seesPeople("Ada", "Bob");
  await bob.seesPeople("Ada", "Bob");
  await ada.seesCount("lobby", 2);

  await ada.page.locator("#text").pressSequentially("Hel");
  await bob.page.getByText("Ada is typing").waitFor();
  await ada.say("Hello Bob");
  await bob.sees("Hello Bob");
  assert.equal(await bob.message("Hello Bob").locator(".name").textContent(), "Ada");
  assert.equal(await bob.page.locator("#typing.busy").count(), 0, "who has spoken is not typing");
  await bob.say("Hello Ada");
  await ada.sees("Hello Ada");
  await ada.picture("desktop-light");

  assert.deepEqual(await ada.texts(), ["Hello Bob", "Hello Ada"]);
  assert.deepEqual(await bob.texts(), ["Hello Bob", "Hello Ada"]);
  assert.match(await ada.page.locator("#state").textContent(), /^Connected over /);

  await bob.page.close();
  await ada.seesPeople("Ada");
  await ada.page.locator(".note", { hasText: "Bob left" }).waitFor();
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
  await ada.page.goBack();
  await ada.isIn("lobby");
  assert.deepEqual(await ada.texts(), ["only for the lobby"]);
  await cy.seesPeople("Cy");

  // An address names a room.
  const dee = await world.enter("Dee", { path: new URL(cy.page.url()).hash });
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
    await ada.page.locator(".message").last().getByRole("img", { name: "Delivered" }).waitFor();
  }
  await bob.page.locator(".message").nth(texts.length - 1).waitFor();
  assert.deepEqual(await bob.texts(), texts);
  assert.equal(await bob.page.locator(".message .text *").count(), 0);
  assert.equal(await bob.page.locator(".message .name").first().textContent(), "<b>Ada</b>");
  assert.equal(await bob.page.title(), "lobby · Chat");

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
    world.expected = /WebSocket connection to .* failed/;

    await world.program.stop(signal);
    await ada.isOffline();
    await bob.isOffline();
    await ada.write("written meanwhile");
    await ada.message("written meanwhile").getByRole("img", { name: "Sending" }).waitFor();
    await ada.page.locator("#state", { hasText: /attempt \d/ }).waitFor();
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
  let lose = true;
  const bob = await world.enter("Bob");
  const ada = await world.enter("Ada", {
    // The server takes the message; its answer and the connection do not survive.
    prepare: (page) =>
      page.routeWebSocket(/socket\.io/, (near) => {
        const far = near.connectToServer();
        let isSaid = false;
        near.onMessage((data) => {
          isSaid ||= lose && String(data).includes('"say"');
          far.send(data);
        });
        far.onMessage((data) => {
          if (isSaid && String(data).startsWith("43")) {
            lose = false;
            near.close();
            far.close();
          } else {
            near.send(data);
          }
        });
      }),
  });
  await ada.write("once");
  await bob.sees("once");
  await ada.delivered("once");
  assert.equal(lose, false, "a confirmation was lost");
  await ada.say("twice");
  await bob.sees("twice");
  assert.deepEqual(await ada.texts(), ["once", "twice"]);
  assert.deepEqual(await bob.texts(), ["once", "twice"]);
});

chatTest("bad input is answered", async (world) => {
  const ada = await world.open();
  const unlimit = (selector) => ada.page.locator(selector).evaluate((field) => field.removeAttribute("maxlength"));

  await unlimit("#name");
  await ada.page.locator("#name").fill("n".repeat(25));
  await ada.page.getByRole("button", { name: "Enter" }).click();
  await ada.page.locator("#enter-fault", { hasText: "24 characters" }).waitFor();
  await ada.page.locator("#name").fill("\u200b\u200b");
  await ada.page.getByRole("button", { name: "Enter" }).click();
  await ada.page.locator("#enter-fault:not(:empty)").waitFor();
  await ada.enter("Ada");

  await unlimit("#room");
  await ada.makeRoom("r".repeat(33));
  await ada.page.locator("#create-fault", { hasText: "32 characters" }).waitFor();

  await unlimit("#text");
  const tooLong = "x".repeat(2001);
  await ada.write(tooLong);
  const refused = ada.page.locator(".message[data-fate=failed]");
  await refused.getByText("2000 characters").waitFor();
  await ada.picture("refused");
  await refused.getByRole("button", { name: "Try again" }).click();
  await refused.getByText("2000 characters").waitFor();
  await refused.getByRole("button", { name: "Discard" }).click();
  await ada.say("still here");
  assert.deepEqual(await ada.texts(), ["still here"]);
});

chatTest("a name can be changed, and is remembered", async (world) => {
  const ada = await world.enter("Ada");
  const bob = await world.enter("Bob");
  await ada.say("as Ada");
  await ada.page.getByRole("button", { name: "Change your name" }).click();
  await ada.page.locator("#new-name").fill("Countess");
  await ada.page.getByRole("button", { name: "Change", exact: true }).click();
  await bob.seesPeople("Bob", "Countess");
  await ada.page.locator("#own-name", { hasText: "Countess" }).waitFor();
  await ada.say("as Countess");
  await bob.sees("as Countess");
  assert.deepEqual(await bob.page.locator(".message .name").allTextContents(), ["Ada", "Countess"]);

  await ada.page.reload();
  assert.equal(await ada.page.locator("#name").inputValue(), "Countess");
  await ada.page.getByRole("button", { name: "Enter" }).click();
  await ada.isIn("lobby");
  await ada.delivered("as Ada");
});

chatTest("it works on a phone", async (world) => {
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true, colorScheme: "dark" };
  const ada = await world.enter("Ada", phone);
  const bob = await world.enter("Bob");
  await bob.makeRoom("Comets");
  await bob.isIn("Comets");

  await ada.page.getByRole("button", { name: "Rooms" }).tap();
  await ada.picture("phone-rooms");
  await ada.page.locator("#room-list button", { hasText: "Comets" }).tap();
  await ada.page.locator("#rooms").waitFor({ state: "hidden" });
  await ada.page.locator("#room-title", { hasText: "Comets" }).waitFor();
  await bob.seesPeople("Ada", "Bob");

  await ada.page.getByRole("button", { name: "Who is here" }).tap();
  await ada.page.locator("#people-list", { hasText: "Bob" }).waitFor();
  await ada.page.keyboard.press("Escape");
  await ada.page.locator("#people").waitFor({ state: "hidden" });

  await ada.page.locator("#text").fill("a".repeat(300));
  await ada.page.getByRole("button", { name: "Send" }).tap();
  await ada.delivered("a".repeat(300));
  await ada.picture("phone-dark");
  const width = await ada.page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.equal(width, 390, "nothing is wider than the screen");
});

chatTest("the page is served with a policy that forbids everything else", async (world) => {
  const ada = await world.open();
  const answer = await ada.page.request.get(world.program.url);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  assert.equal(answer.headers()["x-content-type-options"], "nosniff");
  assert.equal((await ada.page.request.get(`${world.program.url}/Cargo.toml`)).status(), 404);
});

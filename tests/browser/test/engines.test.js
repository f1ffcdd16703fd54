// Each engine, and each thing that tests ask of one.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { members } from "../support/drivers/session.js";
import { launch, names } from "../support/engines.js";
import { readPng } from "../support/png.js";
import { deadUrl, Site } from "../support/site.js";

const site = new Site();
before(() => site.open());
after(() => site.close());

const STRINGS = ["plain", "astral 😀", "line\u2028paragraph\u2029", "lone \ud800 and \udc00", "\u0000\u0007\"\\</script>"];

for (const name of names) {
  describe(name, { timeout: 300_000 }, () => {
    let browser;
    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());

    // Runs `body` with a page of the site, which is closed afterwards.
    const pageTest = (title, body) =>
      test(title, async () => {
        const page = await browser.open(site.url);
        await body(page);
        await page.close();
      });

    pageTest("evaluates in the page", async (page) => {
      assert.equal(await page.evaluate("document.title"), "Site");
      assert.equal(await page.evaluate("document.readyState"), "complete");
      assert.deepEqual(await page.evaluate("function (a, b) { return [a.n + b, null]; }", { n: 40 }, 2), [42, null]);
      assert.equal(await page.evaluate("undefined"), undefined);
      const lengths = STRINGS.map((text) => text.length);
      assert.deepEqual(await page.evaluate("function (all) { return all.map(function (text) { return text.length; }); }", STRINGS), lengths);
      assert.deepEqual(await page.evaluate("function (all) { return all; }", STRINGS), STRINGS);
      // In the page's own realm, whose constructors the page's own scripts compare with.
      assert.equal(await page.evaluate("marks.constructor === [].constructor && new ArrayBuffer(2) instanceof ArrayBuffer"), true);
      await assert.rejects(page.evaluate("nothing.here"), new RegExp(`^DriverError: ${name}: evaluate nothing.here: .*nothing`));
      await assert.rejects(page.evaluate("1 +* 2"), new RegExp(`^DriverError: ${name}: `));
    });

    pageTest("awaits promises where there are any", async (page) => {
      assert.equal(await page.evaluate("typeof Promise !== 'undefined'"), Boolean(browser.can.promise));
      if (!browser.can.promise) return;
      assert.equal(await page.evaluate("new Promise(function (done) { setTimeout(done, 20, 'later'); })"), "later");
      await assert.rejects(page.evaluate("Promise.reject(new Error('refused'))"), /evaluate Promise.*refused/);
    });

    pageTest("waits until something is so", async (page) => {
      await page.evaluate("setTimeout(function () { window.late = { n: 7 }; }, 50)");
      assert.deepEqual(await page.until("window.late"), { n: 7 });
      page.limit = 300;
      await assert.rejects(page.until("window.never"), new RegExp(`${name}: until window.never: .* after 300 ms`));
    });

    pageTest("clicks", async (page) => {
      await page.click("#button");
      await page.click({ css: "button", name: "Far down" });
      await page.until("marks.length >= 4");
      const trusted = await page.evaluate("'isTrusted' in new Event('x')").catch(() => false);
      const suffix = trusted ? " true" : "";
      const marks = ["button mousedown", "button mouseup", "button click", "far click"];
      assert.deepEqual(await page.evaluate("marks"), marks.map((mark) => mark + suffix));
      page.limit = 300;
      await assert.rejects(page.click("#nothing"), new RegExp(`${name}: click "#nothing": there is no such element`));
      await assert.rejects(page.click("#hidden"), /it is not visible/);
      await assert.rejects(page.click("#covered"), /it is covered by DIV#cover/);
    });

    pageTest("types, key by key, and fills", async (page) => {
      const value = (css) => page.evaluate("function (css) { return document.querySelector(css).value; }", css);
      await page.fill("#field", "");
      assert.equal(await value("#field"), "");
      await page.type({ css: "input", name: "A field" }, "Ab é1");
      await page.until("document.querySelector('#field').value === 'Ab é1'");
      await page.press("Backspace");
      await page.until("document.querySelector('#field').value === 'Ab é'");
      const downs = await page.evaluate("marks.filter(function (mark) { return mark.indexOf('keydown') > 0; }).length");
      assert.equal(downs, 6);
      await page.fill("#area", "one\n\ttwo\u2028'\"");
      assert.equal(await value("#area"), "one\n\ttwo\u2028'\"");
      await page.fill("#area", "other");
      assert.equal(await value("#area"), "other");
    });

    pageTest("reports the console and the exceptions", async (page) => {
      await page.evaluate("console.log('the end')");
      const lines = page.console.filter((line) => /^(log|warn|error): /.test(line));
      assert.match(lines[0], /^log: a line 1 /);
      assert.deepEqual(lines.slice(1), ["warn: a warning", "error: an error", "log: the end"]);
      await page.until("document.readyState === 'complete'");
      assert.equal(page.errors.length, 1);
      assert.match(page.errors[0], /TypeError: nobody catches this/);
    });

    pageTest("takes pictures", async (page) => {
      await page.viewport(640, 480);
      const picture = readPng(await page.screenshot());
      assert.deepEqual([picture.width, picture.height], [640, 480]);
      assert.deepEqual(picture.at(100, 100), [200, 0, 0]);
      assert.deepEqual(picture.at(250, 100), [0, 160, 0]);
      assert.deepEqual(picture.at(600, 300), [255, 255, 255]);
    });

    pageTest("has the size of a phone and of a desktop", async (page) => {
      for (const [width, height, phone] of [[390, 844, true], [1280, 800, false]]) {
        await page.viewport(width, height, { phone });
        assert.deepEqual(await page.evaluate("[innerWidth, innerHeight]"), [width, height]);
      }
    });

    pageTest("goes to places, back, and reloads", async (page) => {
      const path = () => page.evaluate("location.pathname + location.hash");
      await page.goTo(`${site.url}#part`);
      assert.equal(await path(), "/#part");
      await page.evaluate("window.isOld = true");
      await page.goTo(`${site.url}second`);
      assert.equal(await path(), "/second");
      await page.back();
      assert.equal(await path(), "/#part");
      await page.evaluate("window.isOld = true");
      await page.back();
      assert.equal(await path(), "/");
      assert.equal(await page.evaluate("window.isOld"), true, "the same document");
      await page.reload();
      assert.equal(await page.evaluate("typeof isOld + document.readyState"), "undefinedcomplete");
      await page.click("#link");
      await page.until("location.hash === '#part'");
      const dead = await deadUrl();
      await assert.rejects(page.goTo(dead), new RegExp(`^DriverError: ${name}: `));
    });

    test("has two pages at once", async () => {
      const [one, two] = await Promise.all([browser.open(`${site.url}one`), browser.open(`${site.url}two`)]);
      const waits = one.until("window.told");
      await two.evaluate("console.log('only here')");
      await two.type("#field", "two");
      await two.goTo(`${site.url}three`);
      await one.type("#field", "one");
      await one.evaluate("window.told = location.pathname");
      assert.equal(await waits, "/one");
      assert.equal(await two.evaluate("location.pathname + typeof told"), "/threeundefined");
      assert.ok(two.console.includes("log: only here"));
      assert.ok(!one.console.includes("log: only here"));
      await two.close();
      assert.match(await one.until("/one/.test(document.querySelector('#field').value) && 'still there'"), /still/);
      await assert.rejects(two.evaluate("1"), new RegExp(`${name}: evaluate 1: the page is closed`));
      await one.close();
    });

    test("runs a script before the page's own", async () => {
      const page = await browser.open(site.url, { before: "window.early = typeof marks; console.log('first');" });
      assert.equal(await page.evaluate("early"), "undefined");
      assert.match(page.console.join(), /^log: first,log: a line/);
      await page.reload();
      assert.equal(await page.evaluate("early"), "undefined");
      await page.close();
    });

    pageTest("keeps origins apart", async (page) => {
      const other = site.url.replace("127.0.0.1", "localhost");
      await page.evaluate(
        `function (url) {
          var request = new XMLHttpRequest();
          request.open("GET", url);
          request.onload = function () { window.outcome = "read"; };
          request.onerror = function () { window.outcome = "refused"; };
          request.send();
        }`,
        other,
      );
      assert.equal(await page.until("window.outcome"), "refused");
    });

    pageTest("says when a page never loads", async (page) => {
      page.limit = 500;
      await assert.rejects(page.goTo(`${site.url}never`), new RegExp(`${name}: open .*never: no answer within 500 ms`));
    });

    if (name === "chromium") {
      pageTest("freezes and resumes a page", async (page) => {
        await page.evaluate("window.seen = [], ['freeze', 'resume'].forEach((type) => document.addEventListener(type, () => seen.push(type)))");
        await page.lifecycle("frozen");
        await page.lifecycle("active");
        assert.deepEqual(await page.until("seen.length === 2 && seen"), ["freeze", "resume"]);
      });

      pageTest("takes the network away and gives it back", async (page) => {
        const load = "fetch('/site.js').then((answer) => answer.status, () => 'offline')";
        await page.offline(true);
        assert.deepEqual([await page.evaluate("navigator.onLine"), await page.evaluate(load)], [false, "offline"]);
        await page.offline(false);
        assert.deepEqual([await page.evaluate("navigator.onLine"), await page.evaluate(load)], [true, 200]);
      });

      test("gives a page a storage of its own", async () => {
        const all = await Promise.all([{ apart: true }, {}, {}].map((options) => browser.open(site.url, options)));
        await all[1].evaluate("localStorage.setItem('mine', 1)");
        assert.deepEqual(await Promise.all(all.map((page) => page.evaluate("localStorage.getItem('mine')"))), [null, "1", "1"]);
        await Promise.all(all.map((page) => page.close()));
      });
    }

    // Last: an engine of one process does not come out of it.
    test("ends even when a page hangs, and leaves no process", async () => {
      const page = await browser.open(site.url);
      page.limit = 500;
      await assert.rejects(page.evaluate("function () { for (;;) {} }"), new RegExp(`${name}: evaluate .*no answer within 500 ms`));
      const { session, folder } = browser;
      assert.ok(members(session, folder).length > 0, "its processes are seen at all");
      await browser.close();
      assert.deepEqual(members(session, folder), []);
      await assert.rejects(page.evaluate("1"), new RegExp(`^DriverError: ${name}: `));
    });
  });
}

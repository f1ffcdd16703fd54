// The resume example: its page's connection is cut, in each engine, and nothing is lost on either side.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { launch, names } from "../support/engines.js";
import { Program } from "../support/program.js";

const TEST_MS = 120_000;
const WAIT_MS = 60_000;
const LOOK_MS = 50;
// What comes while the plug is out for five seconds, if the machine is slow.
const MANY = 30;
const RIGHT = "lost 0, repeated 0, out of order 0";
// What Chromium says by itself of requests that were cut off.
const CUT = /WebSocket connection to .* failed|net::ERR_/;

// Keeps the numbers that come, and what the page shows of them, beside what the page makes of them.
const RECORD = `function () {
  window.numbers = [];
  // The most that stood in the strip at a time: it is short, and they leave it again.
  window.lateShown = 0;
  socket.on("count", function (number) {
    numbers.push(number);
    lateShown = Math.max(lateShown, document.querySelectorAll("#strip .late").length);
  });
}`;

// A page, with an account of its own of what happens in it.
class Visit {
  constructor(page, url) {
    this.page = page;
    this.url = url;
    page.limit = WAIT_MS;
  }

  static async open(browser, program, { transport = "", options } = {}) {
    const page = await browser.page(options);
    await page.viewport(1100, 900);
    await page.goTo(`${program.url}/${transport && `?transport=${transport}`}`);
    const visit = new Visit(page, program.url);
    await page.evaluate(RECORD);
    await visit.isAttached();
    await page.until("numbers.length >= 5");
    return visit;
  }

  isAttached() {
    return this.page.sees("body[data-state=attached]");
  }

  text(id) {
    return this.page.evaluate(`document.getElementById("${id}").textContent`);
  }

  async number(id) {
    return Number(await this.text(id));
  }

  // Until what the page shows there is at least this.
  reaches(id, number) {
    return this.page.until(`Number(document.getElementById("${id}").textContent) >= ${number}`);
  }

  numbers() {
    return this.page.evaluate("numbers");
  }

  id() {
    return this.page.evaluate("socket.io.opts.query.page");
  }

  // As the server sees it.
  async view() {
    return view(this.url, await this.id());
  }

  // Until the server has as many of the page's numbers as the page has sent by now.
  async isAnswered() {
    await this.reaches("arrived", await this.number("up"));
  }

  async picture(name) {
    if (process.env.SCREENSHOTS) await this.page.screenshot(join(process.env.SCREENSHOTS, `resume-${name}.png`));
  }
}

async function view(url, id) {
  return (await fetch(`${url}/watch?page=${id}`)).json();
}

// Runs `body` with a program and a browser of its own.
function visitTest(title, engine, body) {
  test(title, { timeout: TEST_MS }, async (t) => {
    const program = new Program("RESUME_BIN");
    t.after(() => program.stop());
    await program.start();
    const browser = await launch(engine);
    t.after(() => browser.close());
    await body({ program, browser, open: (options) => Visit.open(browser, program, options) });
  });
}

function assertExact(numbers, name) {
  const expected = numbers.map((_, index) => numbers[0] + index);
  assert.deepEqual(numbers, expected, `${name}: each number once, and in order`);
}

// Numbers that are missing in what ascends.
function missing(numbers) {
  return numbers.slice(1).reduce((sum, number, index) => sum + number - numbers[index] - 1, 0);
}

async function isCutAndWhole(visit, name) {
  const { page } = visit;
  await page.click("#pull");
  await page.sees("body[data-state=detached]");
  const before = (await visit.numbers()).length;
  await visit.picture(`${name}-unplugged`);
  // What the page says meanwhile waits, too.
  await page.click("#send");
  await visit.reaches("server-detaches", 1);
  await visit.isAttached();
  await visit.reaches("resumes", 1);
  await visit.reaches("late", MANY);
  await page.until(`lateShown >= ${MANY}`);
  await page.until(`numbers.length >= ${before + MANY + 20}`);
  await visit.isAnswered();
  await page.sees({ css: "#log li", text: "each once, in order" });

  const numbers = await visit.numbers();
  assertExact(numbers, name);
  assert.equal(await visit.text("down-verdict"), RIGHT);
  assert.equal(await visit.text("up-verdict"), RIGHT);
  assert.equal(await visit.text("recovered"), "true");
  assert.equal(await visit.number("disconnects"), 0);

  const seen = await visit.view();
  const { up } = seen;
  assert.deepEqual([up.lost, up.repeated, up.disordered], [0, 0, 0]);
  assert.ok(up.last > 0 && up.last <= (await visit.number("up")));
  assert.deepEqual([seen.state, seen.connects, seen.disconnects], ["attached", 1, 0]);
  assert.ok(seen.detaches >= 1 && seen.resumes >= 1, JSON.stringify(seen));
  assert.ok((await visit.number("most")) > 2000, "much was kept");
  await visit.picture(`${name}-resumed`);
  assert.deepEqual(page.errors, []);
}

for (const name of names) {
  visitTest(`${name} misses nothing when its connection is cut`, name, async ({ open }) => {
    const visit = await open();
    await isCutAndWhole(visit, name);
    const complaints = visit.page.console.filter((line) => /^(error|warn): /.test(line) && !CUT.test(line));
    if (name === "chromium") assert.deepEqual(complaints, []);
  });
}

visitTest("the same over long-polling, beside a page that is not cut off", "chromium", async ({ open }) => {
  const other = await open({ options: { apart: true } });
  const visit = await open({ transport: "polling", options: { apart: true } });
  await isCutAndWhole(visit, "polling");
  assert.equal(await visit.text("transport-used"), "long-polling");
  assertExact(await other.numbers(), "the other");
  assert.deepEqual([await other.number("detaches"), await other.number("late")], [0, 0]);
});

for (const name of names) {
  visitTest(`${name} says that a page goes for good, also over long-polling`, name, async ({ open }) => {
    const visit = await open({ transport: "polling" });
    const id = await visit.id();
    await visit.page.close();
    let last;
    do {
      await pause(LOOK_MS);
      last = await view(visit.url, id);
    } while (last.state !== "gone");
    // Otherwise it would have been away first, for as long as the window.
    assert.deepEqual([last.detaches, last.disconnects], [0, 1]);
  });
}

visitTest("a page that is away for longer than the window begins anew, and says what it lost", "chromium", async ({ open }) => {
  const visit = await open();
  const { page } = visit;
  await page.click("#stay");
  await page.sees("body[data-state=detached]");
  await page.sees("body[data-state=gone]");
  await visit.picture("gone");
  await visit.reaches("connects", 2);
  await page.until("(function () { var all = numbers.length; return numbers[all - 1] - numbers[all - 5] === 4; })()");
  await page.until('/^lost [1-9]/.test(document.getElementById("down-verdict").textContent)');
  await visit.reaches("server-disconnects", 1);

  assert.equal(await visit.text("recovered"), "false");
  assert.deepEqual([await visit.number("disconnects"), await visit.number("resumes"), await visit.number("late")], [1, 0, 0]);
  const numbers = await visit.numbers();
  const lost = missing(numbers);
  assert.ok(lost > 100, `${lost} numbers of fifteen seconds and more`);
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b), "none twice, and in order all the same");
  assert.equal(await visit.text("down-verdict"), `lost ${lost}, repeated 0, out of order 0`);

  // What the page sent into the session that is over is lost too; what it sent afterwards is not.
  await visit.isAnswered();
  const { up, ...seen } = await visit.view();
  assert.ok(up.lost > 10 && up.lost < up.last, JSON.stringify(up));
  assert.deepEqual([up.repeated, up.disordered], [0, 0]);
  assert.deepEqual([seen.state, seen.connects, seen.detaches, seen.resumes, seen.disconnects], ["attached", 2, 1, 0, 1]);
  await visit.picture("anew");
  assert.deepEqual(page.errors, []);
});

visitTest("the page's account tells what is wrong", "chromium", async ({ program, browser }) => {
  const page = await browser.open(program.url);
  const rows = [
    [[], [0, 0, 0]],
    [[7, 8, 9], [0, 0, 0]],
    [[1, 2, 2, 1, 3], [0, 2, 0]],
    [[1, 3, 2, 4], [0, 0, 1]],
    [[1, 6, 4, 4, 3], [2, 1, 2]],
    [[1, 4, 2, 3, 2, 0], [0, 2, 2]],
  ];
  for (const [numbers, expected] of rows) {
    const account = await page.evaluate((numbers) => {
      const ledger = Ledger();
      numbers.forEach((number) => ledger.enter(number));
      return [ledger.lost, ledger.repeated, ledger.disordered];
    }, numbers);
    assert.deepEqual(account, expected, numbers.join());
  }
});

visitTest("the resume page is served with a policy that forbids everything else", "chromium", async ({ open, program }) => {
  const visit = await open();
  const answer = await fetch(program.url);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  const hosts = visit.page.requests.map((url) => new URL(url).host);
  assert.deepEqual([...new Set(hosts)], [new URL(program.url).host]);
  assert.equal((await fetch(`${program.url}/watch?page=unknown0`)).status, 404);
});

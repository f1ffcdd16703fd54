// Any number of runs at random, for the command `chaos`: this thread deals, workers try.
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { again, Chaos, seeds, Tally } from "./chaos.js";
import { Hostile } from "./hostile.js";
import { Server } from "./server.js";

const RUNS = 10_000;
const SHOWN = 20;
const PROGRESS_MS = 30_000;

if (isMainThread) await deal();
else await work(workerData);

async function deal() {
  const number = (standard) => ({ type: "string", default: String(standard) });
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { times: number(1), workers: number(2), lanes: number(25) },
  });
  const [first, count] = positionals.length > 0 ? [Number(positionals[0]), Number(positionals[1] ?? 1)] : [0, RUNS];
  const [times, workers, lanes] = ["times", "workers", "lanes"].map((name) => Number(values[name]));
  if (![first, count, times, workers, lanes].every(Number.isSafeInteger) || first < 0 || Math.min(count, times, workers, lanes) < 1) {
    throw new Error("chaos [FIRST [COUNT]] [--times N] [--workers N] [--lanes N], all of them numbers");
  }

  const server = await Server.start("encke");
  const begun = performance.now();
  const tally = new Tally();
  try {
    const share = Array.from({ length: workers }, (_, turn) => ({ first, count, times, lanes, turn, workers, url: server.url }));
    await Promise.all(share.map((part) => gather(part, tally)));
  } finally {
    await server.stop();
  }
  for (const { seed, text, log } of tally.failures.slice(0, SHOWN)) {
    const about = [`FAILED ${seed}, ${text}`, "the proxy:", ...log, `again: ${again(seed)}`];
    console.log(about.join("\n").replaceAll("\n", "\n    "));
  }
  console.log(String(tally));
  const failed = tally.failures.length;
  console.log(`${tally.tried} tried in ${Math.round((performance.now() - begun) / 1000)} s, ${failed} failed`);
  if (failed > SHOWN) console.log(`all of them: ${tally.failures.map(({ seed }) => seed).join(" ")}`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function gather(part, tally) {
  const worker = new Worker(new URL(import.meta.url), { workerData: part });
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("message", (found) => tally.add(found));
    worker.on("exit", resolve);
  });
}

async function work({ first, count, times, lanes, turn, workers, url }) {
  const hostile = await Hostile.start();
  const chaos = new Chaos(hostile, url);
  const progress = setInterval(() => console.log(`  worker ${turn}: ${chaos.tally.tried} tried, ${chaos.tally.failures.length} failed`), PROGRESS_MS);
  await chaos.run(every(workers, turn, seeds(first, count, times)), lanes);
  clearInterval(progress);
  await hostile.stop();
  parentPort.postMessage(chaos.tally);
}

// Every so manieth of what an iterator gives.
function* every(step, turn, iterator) {
  let index = 0;
  for (const value of iterator) if (index++ % step === turn) yield value;
}

// Cuts the conversation at each byte, for the command `cuts`: this thread deals, workers try.
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { modes } from "./conversation.js";
import { ways } from "./cutting-proxy.js";
import { forms, load } from "./runtimes.js";
import { places, Series } from "./series.js";
import { Server } from "./server.js";

// Tried at a time by one worker, since each waits for a network most of the time.
const LANES = 4;
const SHOWN = 20;
const PROGRESS_MS = 30_000;

if (isMainThread) await deal();
else await work(workerData);

async function deal() {
  const list = (all) => ({ type: "string", default: all.join() });
  const { values } = parseArgs({
    options: { forms: list(forms), modes: list(modes), ways: list(ways), stride: { type: "string", default: "1" }, workers: { type: "string", default: "2" } },
  });
  const wanted = (name, all) => {
    const chosen = values[name].split(",");
    const unknown = chosen.find((one) => !all.includes(one));
    if (unknown !== undefined) throw new Error(`--${name}: "${unknown}" is none of ${all}`);
    return chosen;
  };
  const [chosenForms, chosenModes, chosenWays] = [wanted("forms", forms), wanted("modes", modes), wanted("ways", ways)];
  const stride = Number(values.stride);
  const count = Number(values.workers);
  if (!(stride >= 1) || !(count >= 1)) throw new Error("--stride and --workers are numbers from 1");

  const server = await Server.start("encke");
  const all = { tried: 0, failed: 0 };
  try {
    for (const form of chosenForms) {
      for (const mode of chosenModes) {
        const bytes = await new Series(load(form).io, server, mode).measure();
        for (const way of chosenWays) {
          const begun = performance.now();
          const sum = await gather({ form, mode, way, bytes, stride, url: server.url }, count);
          const seconds = Math.round((performance.now() - begun) / 1000);
          const { ms, cut } = sum.slowest;
          console.log(
            `${form} ${mode} ${way}: positions 0 to ${bytes.up} up and ${bytes.down} down; ${sum.tried} tried, ` +
              `${sum.cut} cut, ${sum.failures.length} failed; ${seconds} s, the longest ${ms} ms (${cut?.direction} ${cut?.at})`,
          );
          for (const { cut, text } of sum.failures.slice(0, SHOWN)) {
            console.log(`  FAILED ${form} ${mode} ${way} ${cut.direction} ${cut.at}: ${text.replaceAll("\n", "\n    ")}`);
          }
          all.tried += sum.tried;
          all.failed += sum.failures.length;
        }
      }
    }
  } finally {
    await server.stop();
  }
  console.log(`${all.tried} positions tried, ${all.failed} failed`);
  process.exitCode = all.failed > 0 ? 1 : 0;
}

// What all workers have found.
async function gather(task, count) {
  const sum = { tried: 0, cut: 0, slowest: { ms: 0 }, failures: [] };
  const workers = Array.from({ length: count }, (_, turn) => new Worker(new URL(import.meta.url), { workerData: { ...task, turn, count } }));
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise((resolve, reject) => {
          worker.on("error", reject);
          worker.on("message", (found) => {
            sum.tried += found.tried;
            sum.cut += found.cut;
            if (found.slowest.ms > sum.slowest.ms) sum.slowest = found.slowest;
            sum.failures.push(...found.failures);
          });
          worker.on("exit", resolve);
        }),
    ),
  );
  return sum;
}

async function work({ form, mode, way, bytes, stride, url, turn, count }) {
  const series = new Series(load(form).io, { url }, mode);
  const cuts = places(bytes, [way], stride * count, stride * turn);
  const progress = setInterval(() => console.log(`  ${form} ${mode} ${way}, worker ${turn}: ${series.tried} tried, ${series.failures.length} failed`), PROGRESS_MS);
  await series.run(() => cuts.next().value, LANES);
  clearInterval(progress);
  const { tried, cut, slowest, failures } = series;
  parentPort.postMessage({ tried, cut, slowest, failures: failures.map(({ cut, error }) => ({ cut, text: error.message })) });
}

// Prints one machine-readable line a test; what went wrong goes to standard error.

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type === "test:stderr" || type === "test:stdout") process.stderr.write(data.message);
    if (type !== "test:pass" && type !== "test:fail") continue;
    const row = data.name.split(" | ");
    const failure = data.details.error;
    const cause = failure?.cause ?? failure;
    if (failure) process.stderr.write(`${data.name}\n${cause?.stack ?? cause}\n\n`);
    if (row.length !== 3) continue;
    const skipped = data.skip !== undefined || data.todo !== undefined;
    const outcome = type === "test:pass" && !skipped ? "pass" : "fail";
    const why = skipped ? "skipped" : String(cause?.message ?? cause ?? "").replace(/\s+/g, " ");
    yield `${["result", ...row, outcome, why].join("\t")}\n`;
  }
}

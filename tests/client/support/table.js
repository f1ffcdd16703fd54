// What is tried across, as words below each other, and features down; and what is lacking, with the reason.
const MARKS = { passed: "ok", failed: "FAIL", lacking: "-" };

export class Table {
  #columns = new Map();
  #names = [];
  #lacking = new Map();

  add(column, { name, outcome, problem }) {
    if (!this.#columns.has(column)) this.#columns.set(column, new Map());
    this.#columns.get(column).set(name, MARKS[outcome]);
    if (!this.#names.includes(name)) this.#names.push(name);
    if (outcome !== "lacking") return;
    const note = `${name}: ${problem}`;
    this.#lacking.set(note, [...(this.#lacking.get(note) ?? []), column]);
  }

  toString() {
    const columns = [...this.#columns.keys()];
    const width = Math.max(0, ...this.#names.map((name) => name.length));
    const heads = columns.map((column) => column.split(" "));
    const widths = heads.map((words) => Math.max(4, ...words.map((word) => word.length)));
    const height = Math.max(0, ...heads.map((words) => words.length));
    const line = (first, cells) => [first.padEnd(width), ...cells.map((cell, index) => cell.padEnd(widths[index]))].join("  ").trimEnd();
    const lines = Array.from({ length: height }, (_, row) => line("", heads.map((words) => words[row] ?? "")));
    for (const name of this.#names) lines.push(line(name, columns.map((column) => this.#columns.get(column).get(name) ?? ".")));
    for (const [note, where] of this.#lacking) {
      lines.push(`- ${note} (${where.length === columns.length ? "everywhere" : where.join(", ")})`);
    }
    return lines.join("\n");
  }
}

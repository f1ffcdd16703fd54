// Questions to an engine that wait for their answers. None waits for ever: each has a limit, and all
// end with the engine. An error says which engine, and what it was asked.

export class DriverError extends Error {
  name = "DriverError";
  // True when there is no use in trying again.
  isFinal;

  constructor(engine, step, problem, isFinal = false) {
    super(`${engine}: ${step}: ${problem}`);
    this.isFinal = isFinal;
  }
}

// The promise's outcome, or an error after `ms`.
export async function within(ms, engine, step, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DriverError(engine, step, `no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

export class Requests {
  #engine;
  #waiting = new Map();
  #lastId = 0;
  #ended = null;

  constructor(engine) {
    this.#engine = engine;
  }

  // `send` is given the question's number.
  async ask(step, ms, send) {
    if (this.#ended) throw new DriverError(this.#engine, step, this.#ended, true);
    const id = ++this.#lastId;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { step, resolve, reject }));
    send(id);
    try {
      return await within(ms, this.#engine, step, answer);
    } finally {
      this.#waiting.delete(id);
    }
  }

  answer(id, value) {
    this.#waiting.get(id)?.resolve(value);
  }

  refuse(id, problem) {
    const question = this.#waiting.get(id);
    question?.reject(new DriverError(this.#engine, question.step, problem));
  }

  end(problem) {
    this.#ended ??= problem;
    for (const { step, reject } of this.#waiting.values()) reject(new DriverError(this.#engine, step, problem, true));
  }
}

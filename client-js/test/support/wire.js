// Stand-ins for XMLHttpRequest and WebSocket, under the library's own transports: a test answers
// requests, and sees what was asked for, down to the body of a POST.

/** A WebSocket, or a GET: what carries packets down. Numbered in the order in which they were begun. */
class WireLeg {
  isOver = false;

  constructor(wire, number, transport, url, request) {
    Object.assign(this, { wire, number, transport, url, request });
    this.sid = new URL(url).searchParams.get("sid");
  }

  /** A WebSocket is open. */
  open() {
    this.request.readyState = 1;
    this.request.onopen?.({});
  }

  /** A message of a WebSocket. */
  packet(data) {
    this.request.onmessage?.({ data });
  }

  /** What a GET is answered with. */
  answer(body, status = 200) {
    this.isOver = true;
    this.request.respond(status, body);
  }

  /** The connection is gone: closed by the server, or broken. */
  lose(reason, code = reason === "transport error" ? 1006 : 1000) {
    this.isOver = true;
    if (this.transport === "polling") {
      this.request.respond(0, "");
    } else {
      this.request.readyState = 3;
      if (reason === "transport error") this.request.onerror?.({ type: "error" });
      this.request.onclose?.({ type: "close", code });
    }
  }
}

export class Wire {
  legs = [];
  /** Requests with a body, each an XMLHttpRequest. */
  posts = [];
  /** All that was asked for, in order. */
  log = [];
  faults = [];
  /** Constructors: of requests, and for `options.WebSocket`. */
  XMLHttpRequest = makeXhr(this);
  WebSocket = makeWebSocket(this);

  /** Puts the stand-in where the library looks for a browser's, and where Node has none. */
  install(t) {
    globalThis.XMLHttpRequest = this.XMLHttpRequest;
    t.after(() => {
      delete globalThis.XMLHttpRequest;
    });
    return this;
  }

  /** The newest leg, of a transport if one is named. */
  leg(name) {
    return this.legs.filter(({ transport }) => name === undefined || transport === name).at(-1);
  }

  get post() {
    return this.posts.at(-1);
  }

  begin(transport, url, request) {
    const isSecond = this.legs.some(
      (leg) => !leg.isOver && leg.transport === transport && leg.sid === new URL(url).searchParams.get("sid"),
    );
    if (isSecond) this.faults.push(`a second leg of ${transport} beside another`);
    const leg = new WireLeg(this, this.legs.length, transport, url, request);
    this.legs.push(leg);
    this.log.push({ opened: leg.number, transport, sid: leg.sid, ...numbersOf(url) });
    return leg;
  }

  end(leg) {
    if (leg.isOver) return;
    leg.isOver = true;
    this.log.push({ end: leg.number });
  }
}

/** What a session that can resume says of itself. */
export function numbersOf(url) {
  const query = new URL(url).searchParams;
  const named = ["leg", "recv", "seq", "wait"].filter((name) => query.has(name));
  return Object.fromEntries(named.map((name) => [name, Number(query.get(name))]));
}

function makeXhr(wire) {
  return class {
    readyState = 0;
    status = 0;
    headers = {};
    isOver = false;
    #text = "";

    open(method, url, isAsync) {
      Object.assign(this, { method, url, isAsync, readyState: 1 });
    }

    get responseText() {
      return this.#text;
    }

    setRequestHeader(name, value) {
      this.headers[name] = value;
    }

    send(body) {
      this.body = body;
      if (body === undefined) {
        this.leg = wire.begin("polling", this.url, this);
      } else {
        const numbers = numbersOf(this.url);
        const isSecond = wire.posts.some((post) => !post.isOver && post.isAsync && post.hasMessages);
        // One that has none may overlap another, which only a session that can resume makes use of.
        this.hasMessages = numbers.recv === undefined || numbers.seq !== undefined;
        if (isSecond && this.hasMessages) wire.faults.push("a second POST beside another");
        wire.posts.push(this);
        wire.log.push({ post: body, ...numbers, ...(this.isAsync ? {} : { waits: true }) });
        if (!this.isAsync) this.respond(200, "ok");
      }
    }

    abort() {
      this.isOver = true;
      if (this.leg) wire.end(this.leg);
      else wire.log.push({ post: "broken off" });
      this.respond(0, "");
    }

    respond(status, text) {
      this.isOver = true;
      Object.assign(this, { status, readyState: 4 });
      this.#text = text;
      this.onreadystatechange?.();
    }
  };
}

function makeWebSocket(wire) {
  return class {
    binaryType = "blob";
    readyState = 0;

    constructor(url, ...rest) {
      Object.assign(this, { url, rest });
      this.leg = wire.begin("websocket", url, this);
    }

    send(data) {
      if (this.readyState !== 1) wire.faults.push(`leg ${this.leg.number} is not open for ${data}`);
      wire.log.push({ leg: this.leg.number, packet: data });
    }

    close() {
      this.readyState = 3;
      wire.end(this.leg);
    }
  };
}

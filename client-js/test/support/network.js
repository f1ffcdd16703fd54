// Transports that go nowhere: a test sees what the library asks of them, and plays the server.
//
// What no transport of a browser would bear is a fault of the library: packets on a leg that is not
// open, a second poll beside another, a second POST. `faults` says what there was of it.

/** One leg, as the test has it in hand. */
class FakeLeg {
  /** Packets that the library put on it. */
  written = [];
  isOpen = false;
  /** Over for the library: it closed the leg, or heard of its end. */
  isOver = false;
  /** Closed by the library. */
  isClosed = false;
  #network;
  #events;

  constructor(network, number, transport, link, events) {
    this.number = number;
    this.transport = transport.name;
    this.url = link.url;
    this.query = new URL(link.url).searchParams;
    this.options = link.options;
    this.#network = network;
    this.#events = events;
  }

  get sid() {
    return this.query.get("sid");
  }

  /** The leg as the library has it. */
  handle(isDuplex) {
    const close = () => {
      if (this.isOver) this.#network.faults.push(`leg ${this.number} is closed when it is over`);
      this.isClosed = this.isOver = true;
      this.#network.log.push({ end: this.number });
    };
    return isDuplex ? { send: (packets) => this.#write(packets), close } : { close };
  }

  open() {
    this.isOpen = true;
    this.#events.opened();
    return this;
  }

  packet(...packets) {
    for (const packet of packets) this.#events.packet(packet);
    return this;
  }

  /** A poll is answered. */
  answer(...packets) {
    this.packet(...packets);
    this.isOver = true;
    this.#events.ended();
  }

  lose(reason = "transport error", error = failure("it broke")) {
    this.isOver = true;
    this.#events.lost(reason, error);
  }

  /** What came since the last look. */
  take() {
    return this.written.splice(0);
  }

  #write(packets) {
    if (this.isOver || !this.isOpen) this.#network.faults.push(`leg ${this.number} is not open for ${packets}`);
    this.written.push(...packets);
    for (const packet of packets) this.#network.log.push({ leg: this.number, packet });
  }
}

/** Packets on their way up beside the legs. */
class FakePost {
  isOver = false;
  isBroken = false;
  #done;

  constructor(link, packets, done) {
    this.url = link.url;
    this.sid = new URL(link.url).searchParams.get("sid");
    this.packets = packets;
    this.#done = done;
  }

  take() {
    this.isOver = true;
    this.#done();
  }

  /** As a server answers in a session that can resume. */
  answer(text) {
    this.isOver = true;
    this.#done(undefined, text);
  }

  fail(error = failure("it broke")) {
    this.isOver = true;
    this.#done(error);
  }

  breakOff() {
    this.isOver = this.isBroken = true;
  }
}

/** An error as transports have them. */
export function failure(message) {
  return Object.assign(new Error(message), { type: "TransportError" });
}

export class FakeNetwork {
  legs = [];
  posts = [];
  /** Last packets of pages that went away. */
  farewells = [];
  /** All that was asked for, in order. */
  log = [];
  faults = [];

  polling = this.transport("polling", false);
  webSocket = this.transport("websocket", true);

  /** A transport of this network, for `options.transports`. */
  transport(name, duplex, isSupported = () => true) {
    const transport = {
      name,
      duplex,
      isSupported,
      open: (link, events) => {
        const open = this.legs.filter((leg) => !leg.isOver && leg.transport === name);
        if (!duplex && open.some((leg) => leg.sid === new URL(link.url).searchParams.get("sid"))) {
          this.faults.push("a second poll beside another");
        }
        const leg = new FakeLeg(this, this.legs.length, transport, link, events);
        this.legs.push(leg);
        this.log.push({ opened: leg.number, transport: name, sid: leg.sid });
        return leg.handle(duplex);
      },
    };
    if (duplex) return transport;
    transport.post = (link, packets, done) => {
      const post = new FakePost(link, packets, done);
      if (this.posts.some(({ isOver, sid }) => !isOver && sid === post.sid))
        this.faults.push("a second POST beside another");
      this.posts.push(post);
      this.log.push({ post: packets });
      return () => post.breakOff();
    };
    transport.farewell = (link, packets) => this.farewells.push({ url: link.url, packets });
    return transport;
  }

  /** The newest leg, of a transport if one is named. */
  leg(name) {
    return this.legs.filter(({ transport }) => name === undefined || transport === name).at(-1);
  }

  /** The newest POST. */
  get post() {
    return this.posts.at(-1);
  }

  /** Takes POSTs until there is none, and gives all their packets. */
  takePosts() {
    const packets = [];
    while (this.post !== undefined && !this.post.isOver) {
      packets.push(...this.post.packets);
      this.post.take();
    }
    return packets;
  }
}

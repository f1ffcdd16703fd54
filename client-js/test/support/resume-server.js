// A server of one session that can resume, as small as it can be and still keep to the specification.
// What a client must not do is a fault. It knows nothing of connections that break: `attach` and
// `detach` are all it sees of them.
//
// Spec: PROTOCOL.md, Legs of a resume session.

export const PING_INTERVAL = 2500;
export const PING_TIMEOUT = 2000;
/** So that a few messages fill it. */
export const BUFFER = 1000;

export class ResumeServer {
  faults = [];
  /** What the application here has heard. */
  heard = [];
  /** Closed by either side, and the client knows. */
  isOver = false;
  #clock;
  /** All messages down; the first is number 1. */
  #sent = [];
  #confirmed = 0;
  /** The highest count that the client can know of. */
  #told = 0;
  #toldOnLeg = 0;
  #newest = 0;
  /** What carries the session: `{number, isDuplex, expected, next, write(packets), end()}`. */
  #leg;
  #isClosing = false;
  #pongBy;

  constructor(clock) {
    this.#clock = clock;
    this.#ping();
  }

  open(transports) {
    const resume = { window: 3600000, buffer: BUFFER };
    const times = { pingInterval: PING_INTERVAL, pingTimeout: PING_TIMEOUT };
    return `0${JSON.stringify({ sid: "s", upgrades: ["websocket"], ...times, maxPayload: 500, resume, transports })}`;
  }

  emit(text) {
    this.#sent.push(`4${text}`);
    this.#flush();
  }

  close() {
    this.#isClosing = true;
    this.#flush();
  }

  /** Leg 0, a WebSocket, which needs no numbers. */
  begin(channel) {
    this.#leg = { ...channel, isDuplex: true, number: 0, expected: 1, next: 1 };
  }

  /** A leg is asked for. `channel` is `{isDuplex, mayWait, write(packets), end()}`. */
  attach(number, recv, channel) {
    if (this.isOver) return refuse(channel, 1);
    if (!(number > 0) || !(recv >= 0)) return this.#fault(`leg ${number}, recv ${recv}`);
    if (number < this.#newest) return refuse(channel, 409);
    if (recv > this.#sent.length) return this.#fault(`recv ${recv} of ${this.#sent.length}`);
    if (recv < this.#confirmed) {
      if (number > this.#newest) return this.#fault(`recv ${recv} after ${this.#confirmed}`);
      return refuse(channel, 409);
    }
    const former = this.#leg;
    this.#leg = undefined;
    if (former) {
      if (!former.isDuplex) former.write(["6"]);
      former.end();
    }
    this.#newest = number;
    this.#confirmed = recv;
    this.#pongBy = undefined;
    this.#tell();
    const leg = { ...channel, number, next: recv + 1 };
    this.#leg = leg;
    if (leg.isDuplex) leg.write([`7${this.heard.length}`]);
    this.#flush();
    if (this.#leg === leg && !leg.isDuplex && !leg.mayWait) this.#answer(["6"]);
    return leg;
  }

  /** A connection is seen to break. */
  detach(number) {
    if (this.#leg && this.#leg.number === number) this.#leg = undefined;
  }

  /** The client closes a WebSocket, which answers a `1`. */
  handleClosed(number) {
    if (this.#isClosing && this.#leg && this.#leg.number === number) this.#finish();
    else this.detach(number);
  }

  /** A packet comes up a WebSocket. */
  handlePacket(number, packet) {
    const leg = this.#leg;
    if (!leg || leg.number !== number) return;
    const rest = packet.slice(1);
    if (packet[0] === "8") {
      if (Number(rest) > this.heard.length + 1) this.#fault(`8${rest} after ${this.heard.length}`);
      leg.expected = Number(rest);
    } else if (packet[0] === "4") {
      if (leg.expected === undefined) this.#fault("a message without an 8");
      this.#take(leg.expected, rest);
      leg.expected += 1;
      if (this.heard.length - this.#toldOnLeg >= 5) this.#confirm();
    } else if (packet[0] === "7") {
      this.#confirmUpTo(Number(rest));
    } else if (packet[0] === "1") {
      this.#finish();
    } else {
      this.#handleOther(packet);
    }
  }

  /** A POST has come whole. Gives status and body. */
  handlePost(recv, seq, packets) {
    if (this.isOver) return [400, '{"code":1,"message":"Session ID unknown"}'];
    this.#confirmUpTo(recv);
    let number = seq;
    if (seq > this.heard.length + 1) this.#fault(`seq ${seq} after ${this.heard.length}`);
    for (const packet of packets) {
      if (packet[0] === "4") this.#take(number++, packet.slice(1));
      else if (packet === "1") this.#finish();
      else this.#handleOther(packet);
    }
    this.#tell();
    return [200, `7${this.heard.length}`];
  }

  #handleOther(packet) {
    if (packet !== "3") this.#fault(`a packet ${packet}`);
    this.#pongBy = undefined;
  }

  #take(number, text) {
    if (!(number <= this.heard.length + 1)) this.#fault(`message ${number} after ${this.heard.length}`);
    if ((number - this.#told - 1) * (64 + 1) >= BUFFER) this.#fault(`message ${number}, confirmed ${this.#told}`);
    if (number === this.heard.length + 1) this.heard.push(text);
  }

  #confirmUpTo(count) {
    if (!(count <= this.#sent.length)) this.#fault(`count ${count} of ${this.#sent.length}`);
    this.#confirmed = Math.max(this.#confirmed, count);
  }

  #confirm() {
    this.#leg.write([`7${this.heard.length}`]);
    this.#tell();
  }

  #tell() {
    this.#told = this.#toldOnLeg = this.heard.length;
  }

  #flush() {
    const leg = this.#leg;
    if (!leg) return;
    const packets = this.#sent.slice(leg.next - 1);
    leg.next = this.#sent.length + 1;
    if (this.#isClosing) packets.push('1{"code":1000,"message":"closed"}');
    if (packets.length === 0) return;
    if (leg.isDuplex) leg.write(packets);
    else this.#answer(packets);
  }

  #answer(packets) {
    const leg = this.#leg;
    this.#leg = undefined;
    leg.write([`7${this.heard.length}`, ...packets]);
    leg.end();
  }

  #ping() {
    this.#clock.set(() => {
      if (this.isOver) return;
      if (this.#leg && this.#pongBy === undefined) {
        this.#pongBy = this.#clock.now() + PING_TIMEOUT;
        if (this.#leg.isDuplex) {
          this.#confirm();
          this.#leg.write(["2"]);
        } else {
          this.#answer(["2"]);
        }
      } else if (this.#leg && this.#clock.now() >= this.#pongBy) {
        this.#leg.end();
        this.#leg = this.#pongBy = undefined;
      }
      this.#ping();
    }, PING_INTERVAL);
  }

  #finish() {
    this.isOver = true;
    if (this.#leg) {
      if (!this.#leg.isDuplex) this.#leg.write(["6"]);
      this.#leg.end();
    }
    this.#leg = undefined;
  }

  #fault(what) {
    this.faults.push(what);
  }
}

function refuse(channel, code) {
  channel.write([`1${JSON.stringify({ code, message: "refused" })}`]);
  channel.end();
}

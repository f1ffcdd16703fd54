/*! encke-client 0.1.0 | MIT OR Apache-2.0 */
const root = typeof self !== "undefined" ? self : typeof window !== "undefined" ? window : typeof global !== "undefined" ? global : {};

const PARTS$1 = /^(?:http|ws)(s?):\/\/([^/?#]+)([^?#]*)\??([^#]*)/;

function parseAddress(uri) {
  const here = root.location || {};
  const protocol = here.host && here.protocol !== "https:" ? "http:" : "https:";
  let whole = uri || "/";
  if (whole.charAt(0) === "/") whole = protocol + (whole.charAt(1) === "/" ? "" : "//" + (here.host || "")) + whole; else if (!/^\w+:\/\//.test(whole)) whole = protocol + "//" + whole;
  const parts = PARTS$1.exec(whole);
  if (!parts) throw new Error('encke: "' + (uri || "") + '" is not the address of a server');
  const isSecure = parts[1] === "s";
  const query = {};
  parts[4].replace(/([^&=]+)=?([^&]*)/g, (pair, key, value) => {
    query[decode(key)] = decode(value);
    return pair;
  });
  return {
    origin: "http" + parts[1] + "://" + parts[2].replace(isSecure ? /:443$/ : /:80$/, ""),
    path: parts[3] || "/",
    query
  };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch (e) {
    return text;
  }
}

function formatQuery(query) {
  const pairs = [];
  for (const key in query) {
    if (query[key] !== undefined) pairs.push(encodeURIComponent(key) + "=" + encodeURIComponent(query[key]));
  }
  return pairs.join("&");
}

function backoff(attempts, settings, patience) {
  if (patience === void 0) patience = 1;
  const jitter = settings.randomizationFactor;
  const most = settings.reconnectionDelayMax * patience;
  const ceiling = Math.min(settings.reconnectionDelay * Math.pow(2, attempts), most);
  return Math.min(ceiling * (jitter === undefined ? Math.random() : 1 + jitter * (2 * Math.random() - 1)), most);
}

const systemClock = {
  now: () => +new Date,
  set: (callback, delay) => setTimeout(callback, delay),
  clear: timer => clearTimeout(timer)
};

const tag = Object.prototype.toString;

const isNode = () => typeof process !== "undefined" && !!process.versions && !!process.versions.node && !!root.Buffer;

function toBinary(value) {
  if (!value || typeof value !== "object") return undefined;
  const name = tag.call(value);
  if (name === "[object ArrayBuffer]" || name === "[object Blob]" || name === "[object File]") return value;
  const {buffer, byteLength} = value;
  return typeof byteLength === "number" && tag.call(buffer) === "[object ArrayBuffer]" ? byteLength === buffer.byteLength ? buffer : buffer.slice(value.byteOffset, value.byteOffset + byteLength) : undefined;
}

function fromBinary(bytes) {
  return isNode() ? root.Buffer.from(bytes) : bytes;
}

function size(bytes) {
  return bytes.byteLength || bytes.size || 0;
}

function encodeBase64(bytes) {
  const view = new Uint8Array(bytes);
  let text = "";
  for (let index = 0; index < view.length; index++) text += String.fromCharCode(view[index]);
  return btoa(text);
}

function decodeBase64(text) {
  const decoded = atob(text.replace(/\s/g, "!"));
  const view = new Uint8Array(decoded.length);
  for (let index = 0; index < decoded.length; index++) view[index] = decoded.charCodeAt(index);
  return view.buffer;
}

const CONNECT = 0;

const DISCONNECT = 1;

const EVENT = 2;

const ACK = 3;

const CONNECT_ERROR = 4;

const BINARY_EVENT = 5;

const MAX_ID = 9007199254740991;

const RESERVED = /^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/;

const MAX_ATTACHMENTS = 1e4;

const PARTS = /^([0-6])(?:(\d+)-)?(?:(\/[^,?\x1e]*)(?:\?[^,]*)?(?:,|$))?(\d+)?([^]*)$/;

function encode(packet) {
  const attachments = [];
  let {type} = packet;
  const json = packet.data === undefined ? "" : stringify(packet.data, function(key, value) {
    const binary = toBinary(this[key]);
    return binary ? {
      _placeholder: true,
      num: attachments.push(binary) - 1
    } : value;
  });
  if (attachments.length) type += BINARY_EVENT - EVENT;
  return [ type + (attachments.length ? attachments.length + "-" : "") + (packet.nsp === "/" ? "" : packet.nsp + ",") + (packet.id === undefined ? "" : packet.id) + json, ...attachments ];
}

class Decoder {
  add(data) {
    let partial = this._a;
    if (typeof data === "string") {
      if (partial) throw fault("an attachment is missing before", data);
      partial = parse(data, this._b);
      if (partial.count) this._a = partial;
    } else {
      if (!partial) throw fault("no packet announced binary data", "");
      partial.attachments.push(fromBinary(data));
    }
    if (partial.attachments.length < partial.count) return undefined;
    this._a = undefined;
    partial.places.forEach(param => {
      let {holder, key, num} = param;
      holder[key] = partial.attachments[num];
    });
    return partial.packet;
  }
  constructor(_maxAttachments) {
    this._b = _maxAttachments;
  }
}

function parse(text, maxAttachments) {
  const parts = PARTS.exec(text);
  if (!parts) throw fault("not a Socket.IO packet", text);
  let type = +parts[1];
  const isBinary = type >= BINARY_EVENT;
  const count = +parts[2] || 0;
  if (isBinary) type -= BINARY_EVENT - EVENT;
  if (isBinary ? !count : parts[2]) throw fault("a wrong number of attachments", text);
  if (count > maxAttachments) throw fault("too many attachments", text);
  const id = parts[4] ? +parts[4] : undefined;
  const places = [];
  let data;
  try {
    if (parts[5]) data = JSON.parse(parts[5]);
    if (isBinary) findPlaces(data, count, places);
  } catch (e) {
    throw fault(String(e), text);
  }
  if (!isValid(type, data, id)) throw fault("not what its type calls for", text);
  return {
    packet: {
      type,
      nsp: parts[3] || "/",
      data,
      id
    },
    places,
    count,
    attachments: []
  };
}

function findPlaces(holder, count, places) {
  for (const key in holder) {
    const value = holder[key];
    if (!value || typeof value !== "object") continue;
    if (value._placeholder === true) {
      const {num} = value;
      if (!(typeof num === "number" && num >= 0 && num < count && num % 1 === 0)) throw "no such attachment";
      places.push({
        holder,
        key,
        num
      });
    } else {
      findPlaces(value, count, places);
    }
  }
}

function isValid(type, data, id) {
  const isArray = Array.isArray(data);
  const isObject = typeof data === "object" && data !== null && !isArray;
  const name = isArray && data[0];
  switch (type) {
   case EVENT:
    return (id === undefined || id <= MAX_ID) && (typeof name === "number" || typeof name === "string" && !RESERVED.test(name));

   case ACK:
    return isArray && id <= MAX_ID;

   case CONNECT:
    return id === undefined && (isObject || data === undefined);

   case CONNECT_ERROR:
    return id === undefined && (isObject || typeof data === "string");

   default:
    return id === undefined && data === undefined;
  }
}

function fault(why, text) {
  return new Error(why + (text && ": " + JSON.stringify(text.slice(0, 80))));
}

function stringify(value, replacer) {
  return JSON.stringify(value, replacer).replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, found => found.length > 1 ? found : "\\u" + found.charCodeAt(0).toString(16));
}

function guard(call) {
  try {
    call();
  } catch (e) {
    setTimeout(() => {
      throw e;
    }, 0);
  }
}

class Emitter {
  on(event, listener) {
    return this._c("$" + event, listener);
  }
  once(event, listener) {
    const self = this;
    const entry = function() {
      self._d("$" + event, entry);
      listener.apply(this, arguments);
    };
    entry._e = listener;
    return this.on(event, entry);
  }
  listen(event, listener) {
    this.on(event, listener);
    let isOn = true;
    return () => {
      if (isOn) this._d("$" + event, listener);
      isOn = false;
    };
  }
  off(event, listener) {
    if (event !== undefined) return this._d("$" + event, listener);
    for (const key in this._f) if (key.charAt(0) === "$") delete this._f[key];
    return this;
  }
  emit(event) {
    for (var _len = arguments.length, args = new Array(_len > 1 ? _len - 1 : 0), _key = 1; _key < _len; _key++) {
      args[_key - 1] = arguments[_key];
    }
    this._g("$" + event, args);
    return this;
  }
  listeners(event) {
    return this._h("$" + event);
  }
  hasListeners(event) {
    return this.listeners(event).length > 0;
  }
  _h(key) {
    return this._f[key] || [];
  }
  _c(key, listener, isFirst) {
    const list = this._h(key);
    this._f[key] = isFirst ? [ listener, ...list ] : [ ...list, listener ];
    return this;
  }
  _d(key, listener) {
    let isFound = false;
    const rest = this._h(key).filter(entry => listener && (isFound || !(isFound = entry === listener || entry._e === listener)));
    if (rest.length) this._f[key] = rest; else delete this._f[key];
    return this;
  }
  _g(key, args) {
    this._h(key).forEach(listener => guard(() => listener.apply(this, args)));
  }
  constructor() {
    this._f = {};
  }
}

const prototype = Emitter.prototype;

prototype.addEventListener = prototype.on;

prototype.removeListener = prototype.removeEventListener = prototype.removeAllListeners = prototype.off;

function transportError(message, description, context) {
  const error = new Error(message);
  error.type = "TransportError";
  error.description = description;
  error.context = context;
  return error;
}

function listen(target, event, callback) {
  if (!target || !target.addEventListener) return () => {};
  target.addEventListener(event, callback, false);
  return () => target.removeEventListener(event, callback, false);
}

function onWake(callback) {
  const {document} = root;
  const undo = [ listen(root, "online", callback), listen(root, "pageshow", callback), listen(document, "visibilitychange", () => {
    if (!document.hidden) callback();
  }) ];
  return () => undo.forEach(each => each());
}

function onLeave(callback) {
  return "onpagehide" in root ? listen(root, "pagehide", event => {
    if (!event.persisted) callback();
  }) : listen(root, "unload", callback);
}

const SEPARATOR = "";

function weigh(packet) {
  return typeof packet === "string" ? packet.length * 3 : size(packet) * 2;
}

function sizeOf(packet) {
  return typeof packet === "string" ? packet.replace(/[\ud800-\udbff][\udc00-\udfff]/g, "1234").replace(/[\u0800-\uffff]/g, "123").replace(/[\x80-\u07ff]/g, "12").length : size(packet);
}

function decodePayload(body, take) {
  body.split(SEPARATOR).forEach(record => {
    take(record.charAt(0) === "b" ? decodeBase64(record.slice(1)) : record);
  });
}

function encodePayload(packets, done) {
  const records = [];
  let missing = 1;
  let isWhole = true;
  const arrive = () => {
    if (! --missing) done(isWhole ? records.join(SEPARATOR) : undefined);
  };
  packets.forEach((packet, index) => {
    if (typeof packet === "string") {
      records[index] = packet;
    } else if (packet.byteLength !== undefined) {
      records[index] = "b" + encodeBase64(packet);
    } else {
      missing++;
      readBlob(packet, base64 => {
        isWhole = isWhole && base64 !== undefined;
        records[index] = "b" + base64;
        arrive();
      });
    }
  });
  arrive();
}

function readBlob(blob, done) {
  if (typeof FileReader === "undefined") {
    blob.arrayBuffer().then(bytes => done(encodeBase64(bytes)), () => done());
    return;
  }
  const reader = new FileReader;
  reader.onloadend = () => done(reader.result ? String(reader.result).split(",")[1] || "" : undefined);
  reader.readAsDataURL(blob);
}

const OVERHEAD = 64;

function costOf(packets) {
  return packets.reduce((sum, packet) => sum + sizeOf(packet) + OVERHEAD, 0);
}

class Outbox {
  add(packets) {
    packets.forEach(packet => {
      const cost = costOf([ packet ]);
      this._i.push(packet);
      this._j.push(cost);
      this.cost += cost;
    });
  }
  next() {
    return this.confirmed + this._k + 1;
  }
  size() {
    return this._i.length;
  }
  isWaiting() {
    return this._k < this._i.length;
  }
  rewind() {
    this._k = this._l = 0;
  }
  take(most, body) {
    const taken = [];
    while (this.isWaiting()) {
      const packet = this._i[this._k];
      const cost = this._l + this._j[this._k];
      body -= weigh(packet);
      if (taken.length && body < 0 || this._k && cost > most) break;
      taken.push(packet);
      this._k++;
      this._l = cost;
    }
    this.sent = Math.max(this.sent, this.next() - 1);
    return taken;
  }
  confirm(count) {
    const isKnown = count <= this.sent;
    for (;isKnown && this.confirmed < count; this.confirmed++) {
      const cost = this._j.shift();
      this._i.shift();
      this.cost -= cost;
      if (this._k) {
        this._k--;
        this._l -= cost;
      }
    }
    return isKnown;
  }
  constructor() {
    this.confirmed = 0;
    this.sent = 0;
    this.cost = 0;
    this._i = [];
    this._j = [];
    this._k = 0;
    this._l = 0;
  }
}

const CLOSE = "1";

class Session {
  begin(now) {
    this._m(now);
  }
  isWritable() {
    return this.state === "open" && !this._n.isWaiting() && !this._o();
  }
  deadline() {
    const until = this._p ? this._p.until : Infinity;
    return this.state === "closed" ? Infinity : Math.min(until, this._q + this._r);
  }
  handleOpened(leg) {
    if (this._s(leg)) this._t.write(leg, [ "2probe" ]);
  }
  handlePacket(now, leg, packet) {
    if (this._s(leg)) {
      const candidate = this._p;
      if (packet !== "3probe" || candidate.isProved) {
        this._u(now, "not an answer");
      } else {
        candidate.isProved = true;
        this._v(now);
      }
    } else if (leg === this._w) {
      this._q = now;
      if (this.state === "opening") this._x(now, packet); else this._y(now, packet);
    }
  }
  handleEnd(now, leg) {
    if (leg !== this._w) return;
    if (this.state === "opening") {
      this._z(now, "");
    } else {
      this._w = undefined;
      this._v(now);
    }
  }
  handlePosted(now, _upload, error, _text) {
    if (error) {
      this._aa("transport error", error);
    } else {
      this._ab = false;
      this._v(now);
    }
  }
  handleLost(now, leg, reason, error) {
    if (leg === this._w) this._aa(reason, error); else if (this._s(leg)) this._u(now, error.message, error);
  }
  handleTimeout(now) {
    if (now >= this._q + this._r) {
      if (this.state === "opening") this._aa("timeout", transportError("timeout")); else this._aa("ping timeout");
    } else if (this._p && now >= this._p.until) {
      this._u(now, "timeout");
    }
  }
  handleWake(now) {
    this.handleTimeout(now);
  }
  admit(packets) {
    packets.forEach(packet => {
      const bytes = this._ac(packet);
      if (bytes > this._ad) {
        throw new Error("encke: a message of " + bytes + " bytes; the server takes " + this._ad + " at most");
      }
    });
    const {maxBuffer} = this._ae;
    if (this._n.cost + costOf(packets) > maxBuffer) {
      throw new Error("encke: more than " + maxBuffer + " bytes wait to be sent, see the option maxBuffer");
    }
  }
  send(now, packets) {
    if (this.state === "closing" || this.state === "closed") return;
    this._n.add(packets);
    this._af(now);
  }
  close(now) {
    if (this.state === "opening") {
      this._aa("forced close");
    } else if (this.state === "open") {
      this._ag(now);
      if (this._p) this._u(now, "closed"); else this._af(now);
    }
  }
  leave(_now) {
    if ((this.state === "open" || this.state === "closing") && !this.kind.duplex) {
      const rest = this._n.take(Infinity, Infinity).filter(packet => packet !== CLOSE);
      this._t.postLast([ ...rest, CLOSE ]);
    }
    this._aa("transport close");
  }
  _m(now) {
    this._q = now;
    this._w = ++this._ah;
    this._t.openLeg(this._w, this.kind, this.sid);
  }
  _ac(packet) {
    const bytes = sizeOf(packet);
    return typeof packet === "string" || this.kind.duplex ? bytes : 1 + 4 * Math.ceil(bytes / 3);
  }
  _y(now, packet) {
    if (typeof packet !== "string") this._t.tell("message", packet); else if (packet.charAt(0) === "4") this._t.tell("message", packet.slice(1)); else if (packet === "2") this._ai(now); else if (packet === CLOSE) this._aa("transport close"); else if (packet !== "6") this._z(now, packet);
  }
  _ai(now) {
    this.send(now, [ "3" ]);
  }
  _ag(_now) {
    this.state = "closing";
    this._n.add([ CLOSE ]);
  }
  _aj(now) {
    const {kinds, timeout} = this._ae;
    const upgrades = this._ak;
    const kind = kinds.filter(param => {
      let {name, duplex} = param;
      return duplex && upgrades.indexOf(name) >= 0;
    })[0];
    if (this.state !== "open" || this.kind.duplex || !kind) return;
    this._ak = upgrades.filter(name => name !== kind.name);
    const leg = ++this._ah;
    this._p = {
      kind,
      leg,
      isProved: false,
      until: now + timeout
    };
    this._t.tell("upgrading", kind);
    this._t.openLeg(leg, kind, this.sid);
  }
  _u(now, why, error) {
    if (error === void 0) error = transportError("probe error: " + why);
    const {leg} = this._p;
    this._p = undefined;
    this._t.endLeg(leg);
    this._t.tell("upgradeError", error);
    this._v(now);
    this._aj(now);
  }
  _v(now) {
    const candidate = this._p;
    if (candidate && candidate.isProved) {
      if (this._w !== undefined || this._ab) return;
      this._al(now, "5");
    } else if (this._w === undefined && this.state === "open") {
      this._m(now);
    }
    this._af(now);
  }
  _al(now, packet) {
    const {leg, kind} = this._p;
    this._p = undefined;
    this._w = leg;
    this.kind = kind;
    this._q = now;
    this._t.write(leg, [ packet ]);
    this._t.tell("upgrade", kind);
  }
  _af(_now) {
    const outbox = this._n;
    if (this.state === "opening" || this.state === "closed" || this._o()) return;
    const packets = outbox.take(Infinity, this.kind.duplex ? Infinity : this._ad);
    outbox.confirm(outbox.sent);
    if (packets.length) {
      if (this.kind.duplex) {
        this._t.write(this._w, packets);
      } else {
        this._ab = true;
        this._t.post(0, packets);
        return;
      }
    }
    if (this.state === "open") this._t.tell("drain"); else this._aa("forced close");
  }
  _z(_now, packet) {
    this._aa("parse error", this._am(packet));
  }
  _am(packet) {
    const shown = typeof packet === "string" ? JSON.stringify(packet.slice(0, 80)) : "binary data";
    const what = this.state === "opening" ? "handshake" : "packet";
    return transportError("not an Engine.IO 4 " + what + ": " + shown);
  }
  _aa(reason, error) {
    if (this.state === "closed") return;
    if (this._p) this._t.endLeg(this._p.leg);
    if (this._w !== undefined) this._t.endLeg(this._w);
    this._p = this._w = undefined;
    this._n = new Outbox;
    const isRefused = this.state === "opening" && error;
    this.state = "closed";
    if (isRefused) this._t.tell("error", error); else this._t.tell("close", reason, error);
  }
  _s(leg) {
    return !!this._p && this._p.leg === leg;
  }
  _o() {
    return this._ab || !!this._p && this._p.isProved;
  }
  _x(now, packet) {
    let open;
    try {
      open = packet.charAt(0) === "0" && JSON.parse(packet.slice(1));
    } catch (e) {}
    const patience = open && open.pingInterval + open.pingTimeout;
    if (!open || !open.sid || typeof patience !== "number" || !(patience > 0)) {
      this._z(now, packet);
      return;
    }
    this.sid = open.sid;
    this.state = "open";
    this._r = patience;
    this._ad = open.maxPayload > 0 ? open.maxPayload : Infinity;
    if (this._ae.upgrade) this._ak = this._ak.concat(open.upgrades || []);
    this._t.opened(this, open)._an(now);
  }
  _an(now) {
    this._aj(now);
    if (this.kind.duplex && this._n.isWaiting()) this._af(now);
  }
  constructor(_port, _config) {
    this._t = _port;
    this._ae = _config;
    this.state = "opening";
    this._ah = -1;
    this._n = new Outbox;
    this._ak = [];
    this._ad = Infinity;
    this._q = 0;
    this._ab = false;
    this.kind = _config.kinds[0];
    this._r = _config.timeout;
  }
}

class Upload {
  isReady() {
    return !this.isUnderWay && this.due === Infinity;
  }
  begin(until, number, isLast) {
    this.isUnderWay = true;
    this.due = until;
    this.number = number;
    this.isLast = !!isLast;
  }
  succeed() {
    this.isUnderWay = false;
    this.due = Infinity;
    this.failures = 0;
  }
  fail(now, wait) {
    this.isUnderWay = false;
    this.due = this.failures ? now + wait(this.failures - 1) : Infinity;
    this.failures++;
  }
  hurry(now) {
    if (!this.isUnderWay && this.due < Infinity) this.due = now;
  }
  constructor() {
    this.isUnderWay = false;
    this.isLast = false;
    this.number = 0;
    this.due = Infinity;
    this.failures = 0;
  }
}

const LEG_TIMEOUT = 1e4;

const SOUND = 1e4;

const CLOSE_TIMEOUT = 1e4;

const CONFIRM = {
  messages: 100,
  cost: 65536,
  after: 1e3
};

const PATIENCE = 60;

const REFUSALS = 4;

const MESSAGES = 0;

const PONG = 1;

const ANSWER = 2;

class Resume extends Session {
  isWritable() {
    return this.state === "open" && !this._n.isWaiting() && (this.kind.duplex ? this._ao : !this._ap && this._aq[MESSAGES].isReady());
  }
  deadline() {
    if (this.state === "closed") return Infinity;
    return Math.min(this._ar(), this._p ? this._p.until : Infinity, this._as, this._at, this._au, this._av, this._aw, ...this._aq.map(param => {
      let {due} = param;
      return due;
    }));
  }
  handleLost(now, leg, reason, error) {
    if (leg !== this._w) {
      super.handleLost(now, leg, reason, error);
    } else if (this._ax && error.context && error.context.code === 1e3) {
      this._aa("forced close");
    } else {
      this._ay(now, reason, error);
    }
  }
  handlePosted(now, post, error, text) {
    const upload = this._aq[post];
    if (this.state === "closed" || !upload) return;
    const count = countOf(text || "");
    if (error && text === undefined) this._aa("transport error", error); else if (/^\{"code":1\D/.test(text)) this._az(error); else if (count === undefined || this._ba(count)) {
      if (!error && upload.number <= this._n.confirmed) {
        upload.succeed();
        if (upload.isLast) this._aa("forced close");
      } else {
        upload.fail(now, this._ae.wait);
        if (post === PONG) this._bb = true; else if (!this.kind.duplex) this._n.rewind();
      }
      this._af(now);
    }
  }
  handleTimeout(now) {
    if (this.state === "closed") return;
    if (now >= this._av) {
      this._az();
    } else if (now >= this._aw) {
      this._aa("forced close");
    } else {
      if (now >= this._ar()) this._ay(now, "ping timeout", transportError("ping timeout"));
      if (this._p && now >= this._p.until) this._u(now, "timeout");
      if (now >= this._as) this._m(now);
      if (now >= this._at) this._bc(now);
      if (now >= this._au) this._bd();
      this._aq.forEach((upload, post) => {
        if (now < upload.due) return;
        if (!upload.isUnderWay) {
          upload.due = Infinity;
          this._af(now);
        } else {
          this._t.breakPost(post);
          this.handlePosted(now, post, transportError("timeout"), "");
        }
      });
    }
  }
  handleWake(now) {
    if (this._as < Infinity) this._as = now;
    this._aq.forEach(upload => upload.hurry(now));
    this.handleTimeout(now);
  }
  leave(now) {
    const outbox = this._n;
    const isAttached = this.kind.duplex && this._ao;
    this.state = "closing";
    if (isAttached) this._af(now);
    outbox.rewind();
    const seq = outbox.size() ? outbox.next() : undefined;
    this._t.postLast([ ...outbox.take(Infinity, Infinity), CLOSE ], {
      recv: this._be,
      seq
    });
    this._aa("transport close");
  }
  _m(now) {
    this._q = now;
    this._w = ++this._ah;
    const wait = this._ap && !this.kind.duplex ? 0 : undefined;
    this._bf(now, this._ap || this.kind.duplex);
    this._t.openLeg(this._w, this.kind, this.sid, {
      leg: this._w,
      recv: this._be,
      wait
    });
  }
  _ac(packet) {
    return sizeOf(packet) + (typeof packet === "string" ? 0 : 1);
  }
  _y(now, packet) {
    const count = countOf(packet);
    const isText = typeof packet === "string";
    if (count !== undefined) {
      if (!this._ba(count)) return;
      if (!this._ao) this._bg(now);
      this._af(now);
    } else if (isText && packet.charAt(0) === CLOSE) {
      this._bh(now, packet);
    } else if (!this._ao) {
      this._z(now, packet);
    } else {
      if (!isText || packet.charAt(0) === "4") this._bi(now, packet);
      super._y(now, packet);
    }
  }
  _ai(now) {
    this._bb = true;
    this._af(now);
  }
  _ag(now) {
    this.state = "closing";
    this._aw = now + CLOSE_TIMEOUT;
  }
  _z(now, packet) {
    if (this._ao) super._z(now, packet); else this._ay(now, "parse error", this._am(packet));
  }
  _u(now, why, error) {
    super._u(now, why, error);
    this._bj++;
    this._bk(now);
  }
  _v(now) {
    const {_p: _candidate} = this;
    if (_candidate && _candidate.isProved) {
      this._bl = this._w;
      this._bf(now, true);
      this._al(now, "5" + ++this._ah + "," + this._be);
      this._bm = this.kind;
    } else if (this._w === undefined && this.state === "open" && !this._ap) {
      this._m(now);
    }
    this._af(now);
  }
  _af(now) {
    const {duplex} = this.kind;
    if (this.state === "closed") return;
    if (duplex && this._ao) this._bn(); else if (!duplex && !this._ap) this._bo(now);
    if (this.isWritable()) this._t.tell("drain");
  }
  _aa(reason, error) {
    this._bp();
    super._aa(reason, error);
  }
  _bn() {
    const outbox = this._n;
    const number = outbox.next();
    const packets = outbox.take(this._bq, Infinity);
    if (packets.length && !this._br) {
      this._br = true;
      packets.unshift("8" + number);
    }
    if (this._bb) packets.push("3");
    if (this.state === "closing" && !outbox.isWaiting() && !this._ax) {
      this._ax = true;
      packets.push(CLOSE);
    }
    this._bb = false;
    if (packets.length) this._t.write(this._w, packets);
  }
  _bo(now) {
    const outbox = this._n;
    const [messages, pong] = this._aq;
    const until = now + this._bs.pingTimeout;
    if (messages.isReady()) {
      const seq = outbox.next();
      const packets = outbox.take(this._bq, this._ad / Math.pow(4, messages.failures));
      const number = packets.length ? outbox.next() - 1 : 0;
      const isLast = this.state === "closing" && !outbox.isWaiting();
      if (isLast) packets.push(CLOSE);
      if (packets.length) {
        messages.begin(until, number, isLast);
        this._t.post(MESSAGES, packets, {
          recv: this._be,
          seq: number ? seq : undefined
        });
      }
    }
    if (this._bb && pong.isReady()) {
      this._bb = false;
      pong.begin(until, 0);
      this._t.post(PONG, [ "3" ], {
        recv: this._be
      });
    }
  }
  _ba(count) {
    if (count > this._n.confirmed) this._bt = 0;
    const isKnown = this._n.confirm(count);
    if (!isKnown) this._aa("parse error", transportError("a count that can not be: " + count));
    return isKnown;
  }
  _bi(now, packet) {
    this._be++;
    this._bt = 0;
    if (!this.kind.duplex) return;
    this._bu += costOf([ packet ]);
    const most = Math.min(CONFIRM.cost, this._bq / 4);
    if (this._be - this._bv >= CONFIRM.messages || this._bu >= most) this._bd(); else this._au = Math.min(this._au, now + CONFIRM.after);
  }
  _bd() {
    this._t.write(this._w, [ "7" + this._be ]);
    this._bw();
  }
  _bw() {
    this._bv = this._be;
    this._bu = 0;
    this._au = Infinity;
  }
  _bf(now, isTrial) {
    this._ao = this._br = this._ax = false;
    this._bx = now;
    this._as = Infinity;
    this._by = isTrial ? now + Math.min(this._ae.timeout, LEG_TIMEOUT) : Infinity;
    this._bw();
  }
  _bg(now) {
    const {kind} = this;
    this._ao = true;
    this._by = Infinity;
    this._bp();
    if (kind.duplex) {
      this._n.rewind();
    } else {
      if (!this._ap) this._bt = 0;
      if (!this._p && this._at === Infinity) this._bk(now);
    }
    if (!this._ap) return;
    this._ap = false;
    this._av = Infinity;
    this._t.tell("resume", {
      sent: this._n.size(),
      received: this._be
    });
  }
  _ar() {
    return this._w === undefined ? Infinity : this._by < Infinity ? this._by : this._q + this._r;
  }
  _ay(now, reason, error) {
    const {kind} = this;
    const wasProved = this._ao;
    const isTrial = this._by < Infinity;
    this._bp();
    this._t.endLeg(this._w);
    this._w = undefined;
    this._ao = false;
    this._by = this._au = this._at = Infinity;
    if (this.state === "closing" && !kind.duplex && !this._ap) return;
    this._n.rewind();
    if (kind.duplex && !this._ap) this._bj = this._q - this._bx < SOUND ? this._bj + 1 : 0;
    if (now - this._bx >= SOUND && !isTrial) this._bt = 0;
    this._as = now + (this._bt ? this._ae.wait(this._bt - 1) : 0);
    this._bt++;
    if (kind.duplex ? !wasProved || this._bj > 1 : this._bt > 2) this.kind = this._bz();
    if (!this._ap) {
      this._ap = true;
      this._av = now + this._ca;
      this._t.tell("detach", reason, error);
    }
    if (now >= this._as) this._m(now);
  }
  _bz() {
    const offered = this._cb;
    const others = this._ae.kinds.filter(kind => kind !== this.kind && (!kind.duplex || kind === this._bm) && (!offered.length || offered.indexOf(kind.name) >= 0));
    return others[0] || this.kind;
  }
  _bk(now) {
    if (this._bm && this._ae.upgrade) this._at = now + this._ae.wait(this._bj, PATIENCE);
  }
  _bc(now) {
    this._at = Infinity;
    this._ak = [ this._bm.name ];
    this._aj(now);
  }
  _bp() {
    if (this._bl !== undefined) this._t.endLeg(this._bl);
    this._bl = undefined;
  }
  _bh(now, packet) {
    let about;
    try {
      about = JSON.parse(packet.slice(1) || "{}");
    } catch (e) {}
    if (!about) {
      this._z(now, packet);
      return;
    }
    const {code, message} = about;
    const error = transportError(message || "closed by the server", code);
    if (code === 1 || code === 409 && this._bt > REFUSALS) {
      this._az(error);
    } else if (code === 3 || code === 409) {
      this._ay(now, "transport error", error);
    } else {
      const recv = this._be;
      const isPolling = !this.kind.duplex;
      this._aa(this.state === "closing" ? "forced close" : "transport close", error);
      if (isPolling) this._t.post(ANSWER, [ CLOSE ], {
        recv
      });
    }
  }
  _az(error) {
    this._aa(this.state === "closing" ? "forced close" : "session gone", error);
  }
  constructor(session, _open) {
    super(session._t, session._ae), this._bs = _open, this._ao = true, this._br = true, 
    this._ax = false, this._bx = 0, this._ap = false, this._bt = 0, this._bj = 0, this._bb = false, 
    this._aq = [ new Upload, new Upload ], this._be = 0, this._bv = 0, this._bu = 0, 
    this._by = Infinity, this._as = Infinity, this._at = Infinity, this._au = Infinity, 
    this._av = Infinity, this._aw = Infinity;
    const {window, buffer} = _open.resume;
    this._ca = window > 0 ? window : Infinity;
    this._bq = buffer > 0 ? buffer : Infinity;
    Object.keys(session).forEach(key => {
      this[key] = session[key];
    });
    this._bx = this._q;
    if (this.kind.duplex) this._bm = this.kind;
    this._cb = [].concat(_open.transports || []);
    if (this._ae.upgrade) this._ak = this._ak.concat(this._cb);
  }
}

function countOf(packet) {
  return typeof packet === "string" && /^7(0|[1-9]\d*)$/.test(packet) ? +packet.slice(1) : undefined;
}

const TYPES = [ "open", "close", "ping", "pong", "message", "upgrade", "noop", "ack" ];

const NUMBERS = [ "leg", "recv", "seq", "wait" ];

const MAX_BUFFER = 8 * 1024 * 1024;

const LONGEST_TIMER = 2e9;

let requests = 0;

let hasUpgraded = false;

class Engine extends Emitter {
  _cc() {
    const kinds = this._cd;
    const now = this._ce();
    const {maxBuffer = MAX_BUFFER, upgrade} = this._cf;
    this._cg = {};
    this._ch = new Session(this, {
      kinds,
      upgrade: upgrade !== false,
      timeout: this._ci - now,
      maxBuffer,
      wait: (attempts, patience) => backoff(attempts, this._cj, patience)
    });
    if (kinds[0]) {
      this.transport = kinds[0];
      this._ck(() => this._ch.begin(now));
    } else {
      this._ch.state = "closed";
      this._cl = this._cm.set(() => this.tell("error", transportError("no transport works here")), 0);
    }
  }
  send(data) {
    if (typeof data === "string" && data.indexOf("") >= 0) throw new Error("encke: a message with U+001E in it");
    this._cn([ data ]);
    return this._co([ data ]);
  }
  _cn(messages) {
    this._ch.admit(messages.map(toPacket));
  }
  _co(messages) {
    messages.forEach(data => this.emit("packetCreate", {
      type: "message",
      data
    }));
    return this._ck(now => this._ch.send(now, messages.map(toPacket)));
  }
  close() {
    return this._ck(now => this._ch.close(now));
  }
  _cp() {
    return this._ch.isWritable();
  }
  _cq() {
    this._cr = Infinity;
    this._ck(now => this._ch.handleTimeout(now));
  }
  openLeg(leg, kind, sid, numbers) {
    const legs = this._cg;
    const tell = (happen, isLast) => {
      if (!legs[leg]) return;
      if (isLast) delete legs[leg];
      this._ck(happen);
    };
    legs[leg] = {
      close() {}
    };
    const opened = kind.open(this._cs(kind, sid, numbers), {
      opened: () => tell(() => this._ch.handleOpened(leg)),
      packet: received => tell(now => {
        this._ct(received);
        this._ch.handlePacket(now, leg, received);
      }),
      ended: () => tell(now => this._ch.handleEnd(now, leg), true),
      lost: (reason, error) => tell(now => this._ch.handleLost(now, leg, reason, error), true)
    });
    if (legs[leg]) legs[leg] = opened;
  }
  write(leg, packets) {
    this._cg[leg].send(packets);
  }
  post(upload, packets, numbers) {
    const {kind} = this._ch;
    this._cu[upload] = kind.post(this._cs(kind, this.id, numbers), packets, (error, text) => this._ck(now => this._ch.handlePosted(now, upload, error, text)));
  }
  breakPost(upload) {
    this._cu[upload]();
  }
  postLast(packets, numbers) {
    const transport = this._cd.concat(this._cv).filter(param => {
      let {farewell} = param;
      return farewell;
    })[0];
    if (transport) transport.farewell(this._cs(transport, this.id, numbers), packets);
  }
  opened(session, open) {
    this._ch = open.resume ? new Resume(session, open) : session;
    this.tell("open");
    return this._ch;
  }
  endLeg(leg) {
    const ended = this._cg[leg];
    delete this._cg[leg];
    if (ended) ended.close();
  }
  tell(event, about, error) {
    const {sid, state, kind} = this._ch;
    this.id = sid;
    if (event === "error") {
      hasUpgraded = false;
      about = this._cw = this._cw || about;
      const isWorthIt = this._cd.length > 1 && this._ce() < this._ci;
      if (isWorthIt && this._cf.tryAllTransports !== false) {
        this._cd.shift();
        this._cc();
        return;
      }
    }
    this.transport = kind || this.transport;
    this.readyState = state;
    if (event === "upgrade") hasUpgraded = true;
    if (state === "closed") {
      for (const post in this._cu) this._cu[post]();
      this._cm.clear(this._cl);
      this._cx.forEach(undo => undo());
    }
    this.emit(event, about, error);
    if (event === "error") this.emit("close", "transport error", about);
  }
  _ck(happen) {
    const clock = this._cm;
    guard(() => happen(this._ce()));
    const due = this._ch.deadline();
    if (due < this._cr) {
      clock.clear(this._cl);
      this._cr = due;
      this._cl = clock.set(() => this._cq(), Math.min(due - this._ce(), LONGEST_TIMER));
    }
    return this;
  }
  _ce() {
    const now = this._cm.now();
    this._cy = Math.max(this._cy, this._cz - now);
    return this._cz = now + this._cy;
  }
  _da() {
    this._cr = Infinity;
    this._ck(now => this._ch.handleWake(now));
  }
  _ct(packet) {
    if (packet === "2") this.emit("ping");
    if (!this.hasListeners("packet")) return;
    const isText = typeof packet === "string";
    this.emit("packet", {
      type: isText ? TYPES[+packet.charAt(0)] : "message",
      data: isText ? packet.slice(1) : packet
    });
  }
  _db() {
    this._ck(now => this._ch.leave(now));
  }
  _cs(param, sid, numbers) {
    let {name} = param;
    const options = this._cf;
    const query = {};
    const given = options.query || this._dc.query;
    for (const key in given) query[key] = given[key];
    query.EIO = 4;
    query.transport = name;
    query.sid = sid;
    if (!sid) query.encke = 1;
    const isNumbered = this._ch instanceof Resume;
    if (isNumbered) NUMBERS.forEach(number => query[number] = numbers && numbers[number]);
    if (options.timestampRequests !== false) {
      query[options.timestampParam || "t"] = (this._cm.now() + requests++).toString(36);
    }
    const path = (options.path || "/socket.io").replace(/\/$/, "") + (options.addTrailingSlash === false ? "" : "/");
    return {
      url: this._dc.origin + path + "?" + formatQuery(query),
      options,
      taken: isNumbered ? /^7\d+$/ : /^ok$/i
    };
  }
  constructor(_address, _options, _known, _settings) {
    super(), this._dc = _address, this._cf = _options, this._cv = _known, this._cj = _settings, 
    this.readyState = "opening", this._cu = {}, this._cr = Infinity, this._cz = 0, this._cy = 0;
    this._cm = _options.clock || systemClock;
    const {timeout} = _settings;
    this._ci = timeout === false ? Infinity : this._ce() + timeout;
    this._cd = choose(_known, _options);
    this._cx = [ onWake(() => this._da()), onLeave(() => this._db()) ];
  }
}

function toPacket(data) {
  return typeof data === "string" ? "4" + data : data;
}

function choose(known, options) {
  const chosen = [];
  (options.transports || known).forEach(wanted => {
    const transport = typeof wanted === "string" ? known.filter(param => {
      let {name} = param;
      return name === wanted;
    })[0] : wanted;
    if (transport && transport.isSupported(options)) chosen.push(transport);
  });
  return options.rememberUpgrade && hasUpgraded ? chosen.sort((a, b) => +b.duplex - +a.duplex) : chosen;
}

const INCOMING = "<";

const OUTGOING = ">";

class Socket extends Emitter {
  get disconnected() {
    return !this.connected;
  }
  get active() {
    return this._dd;
  }
  get volatile() {
    this._de.volatile = true;
    return this;
  }
  compress(_value) {
    return this;
  }
  timeout(milliseconds) {
    this._de.timeout = milliseconds;
    return this;
  }
  connect() {
    const {io} = this;
    if (this.connected || this._dd && io._df === "open") return this;
    this._dd = true;
    if (!io._dg) io.open();
    if (io._df === "open") this._dh();
    return this;
  }
  open() {
    return this.connect();
  }
  disconnect() {
    if (this.connected) this._di({
      type: DISCONNECT
    });
    const wasConnected = this.connected;
    this._db();
    if (wasConnected) this._dj("io client disconnect");
    return this;
  }
  close() {
    return this.disconnect();
  }
  send() {
    for (var _len = arguments.length, args = new Array(_len), _key = 0; _key < _len; _key++) {
      args[_key] = arguments[_key];
    }
    return this.emit("message", ...args);
  }
  emit(event) {
    for (var _len = arguments.length, args = new Array(_len > 1 ? _len - 1 : 0), _key = 1; _key < _len; _key++) {
      args[_key - 1] = arguments[_key];
    }
    const flags = this._de;
    this._de = {};
    if (RESERVED.test(event)) throw new Error('"' + event + '" is a reserved event name');
    const data = [ event, ...args ];
    if (this._cf.retries && !flags.isRetry && !flags.volatile) {
      this._dk(data, flags);
      return this;
    }
    let ack;
    if (typeof data[data.length - 1] === "function") ack = data.pop();
    const id = ack && this._dl++;
    const unsent = {
      id,
      data,
      _i: encode({
        type: EVENT,
        nsp: this.nsp,
        id,
        data
      })
    };
    const {engine} = this.io;
    if (this.connected) engine._cq();
    if (this.connected && !flags.isRetry) engine._cn(unsent._i);
    if (ack) this._dm(id, ack, flags.timeout === undefined ? this._cf.ackTimeout : flags.timeout);
    if (flags.volatile && !(this.connected && engine._cp())) return this;
    if (this.connected) this._dn(unsent); else this.sendBuffer.push(unsent);
    return this;
  }
  emitWithAck(event) {
    for (var _len = arguments.length, args = new Array(_len > 1 ? _len - 1 : 0), _key = 1; _key < _len; _key++) {
      args[_key - 1] = arguments[_key];
    }
    const {Promise} = root;
    if (!Promise) throw new Error("encke: emitWithAck needs Promise, which this browser does not have");
    return new Promise((resolve, reject) => {
      const ack = (error, answer) => error ? reject(error) : resolve(answer);
      ack._do = true;
      this.emit(event, ...[ ...args, ack ]);
    });
  }
  onAny(listener) {
    return this._c(INCOMING, listener);
  }
  prependAny(listener) {
    return this._c(INCOMING, listener, true);
  }
  offAny(listener) {
    return this._d(INCOMING, listener);
  }
  listenersAny() {
    return this._h(INCOMING);
  }
  onAnyOutgoing(listener) {
    return this._c(OUTGOING, listener);
  }
  prependAnyOutgoing(listener) {
    return this._c(OUTGOING, listener, true);
  }
  offAnyOutgoing(listener) {
    return this._d(OUTGOING, listener);
  }
  listenersAnyOutgoing() {
    return this._h(OUTGOING);
  }
  _dh() {
    const {auth, io} = this;
    const {engine} = io;
    const give = data => {
      const isAsked = this._dp && this._dp.engine === engine;
      if (engine !== io.engine || isAsked || !this._dd || this.connected) return;
      this._dp = {
        engine
      };
      const credentials = this._dq ? {
        pid: this._dq,
        offset: this._dr
      } : undefined;
      this._di({
        type: CONNECT,
        data: credentials ? copy(data, credentials) : data || undefined
      });
    };
    if (typeof auth === "function") guard(() => auth(give)); else give(auth);
  }
  _ds(error) {
    if (!this.connected) this._g("$connect_error", [ error ]);
  }
  _dj(reason, error) {
    const wasConnected = this.connected;
    this.connected = false;
    this.id = undefined;
    if (wasConnected) this._g("$disconnect", [ reason, error ]); else if (this._dd && reason !== "forced close") this._ds(error || new Error(reason));
    for (const id in this._dt) {
      if (this.sendBuffer.some(unsent => unsent.id === +id)) continue;
      const ack = this._dt[id];
      delete this._dt[id];
      if (ack._do) guard(() => ack.call(this, new Error("socket has been disconnected")));
    }
  }
  _du(param) {
    let {type, data, id} = param;
    if (type === CONNECT || type === CONNECT_ERROR) {
      const isStale = this._dp && this._dp.isStale;
      this._dp = undefined;
      if (isStale) {
        if (type === CONNECT) this._di({
          type: DISCONNECT
        });
        if (this._dd) this._dh();
        return;
      }
    }
    if (!this._dd) return;
    switch (type) {
     case CONNECT:
      if (data && data.sid) this._dv(data.sid, data.pid); else this._ds(new Error("the server speaks an older protocol, that of Socket.IO 2"));
      break;

     case EVENT:
      if (id !== undefined) data.push(this._dw(id));
      if (this.connected) this._dx(data); else this.receiveBuffer.push(data);
      break;

     case ACK:
      {
        const ack = this._dt[id];
        delete this._dt[id];
        if (ack) guard(() => ack.apply(this, ack._do ? [ null, ...data ] : data));
        break;
      }

     case DISCONNECT:
      this._db();
      this._dj("io server disconnect");
      break;

     case CONNECT_ERROR:
      {
        if (this.connected) {
          this._db();
          this._dj("parse error");
          break;
        }
        const error = new Error(typeof data === "string" ? data : data.message || "refused");
        error.data = data.data;
        this._db();
        this._ds(error);
      }
    }
  }
  _dv(id, pid) {
    this.id = id;
    this.recovered = !!pid && pid === this._dq;
    this._dq = pid;
    this.connected = true;
    const {receiveBuffer, sendBuffer} = this;
    this.receiveBuffer = [];
    this.sendBuffer = [];
    receiveBuffer.forEach(data => this._dx(data));
    sendBuffer.forEach(unsent => guard(() => {
      this.io.engine._cn(unsent._i);
      this._dn(unsent);
    }));
    this._dy();
    if (!this.connected) return;
    this._dz = true;
    this._g("$connect", []);
  }
  _dx(data) {
    this._g(INCOMING, data);
    this._g("$" + data[0], data.slice(1));
    const last = data[data.length - 1];
    if (this._dq && typeof last === "string") this._dr = last;
  }
  _dn(param) {
    let {data, _i: _packets} = param;
    if (this.connected) this._g(OUTGOING, data);
    if (this.connected) this.io._ea(_packets);
  }
  _di(param) {
    let {type, data, id} = param;
    this.io._ea(encode({
      type,
      nsp: this.nsp,
      data,
      id
    }));
  }
  _dw(id) {
    var _this = this;
    let engine = this.io.engine;
    return function() {
      for (var _len = arguments.length, data = new Array(_len), _key = 0; _key < _len; _key++) {
        data[_key] = arguments[_key];
      }
      if (engine !== _this.io.engine || !_this.connected) return;
      const packets = encode({
        type: ACK,
        nsp: _this.nsp,
        id,
        data
      });
      engine._cn(packets);
      engine = undefined;
      _this.io._ea(packets);
    };
  }
  _dm(id, ack, milliseconds) {
    var _this = this;
    const {_cm: _clock} = this.io;
    if (milliseconds === undefined) {
      this._dt[id] = ack;
      return;
    }
    const timer = _clock.set(() => {
      delete this._dt[id];
      this.sendBuffer = this.sendBuffer.filter(unsent => unsent.id !== id);
      ack.call(this, new Error("operation has timed out"));
    }, milliseconds);
    const answered = function() {
      for (var _len = arguments.length, args = new Array(_len), _key = 0; _key < _len; _key++) {
        args[_key] = arguments[_key];
      }
      _clock.clear(timer);
      ack.apply(_this, args);
    };
    answered._do = true;
    this._dt[id] = answered;
  }
  _dk(args, flags) {
    var _this = this;
    const ack = typeof args[args.length - 1] === "function" ? args.pop() : undefined;
    const packets = encode({
      type: EVENT,
      nsp: this.nsp,
      data: args
    });
    if (this.connected) this.io.engine._cn(packets);
    const retried = {
      args,
      flags,
      tries: 0,
      isPending: false
    };
    args.push(function(error) {
      for (var _len = arguments.length, answer = new Array(_len > 1 ? _len - 1 : 0), _key = 1; _key < _len; _key++) {
        answer[_key - 1] = arguments[_key];
      }
      if (!error || retried.tries > _this._cf.retries) {
        _this._eb.shift();
        if (ack) guard(() => ack(error, ...answer));
      }
      retried.isPending = false;
      _this._dy();
    });
    args[args.length - 1]._do = flags.isRetry = true;
    this._eb.push(retried);
    this._dy();
  }
  _dy() {
    const next = this._eb[0];
    if (!next || !this.connected || next.isPending) return;
    next.isPending = true;
    next.tries++;
    this._de = next.flags;
    this.emit.apply(this, next.args);
  }
  _db() {
    this._dd = false;
    if (this._dp) this._dp.isStale = true;
    this.io._ec();
  }
  constructor(io, nsp, _options = {}) {
    super(), this.io = io, this.nsp = nsp, this._cf = _options, this.connected = false, 
    this.recovered = false, this.receiveBuffer = [], this.sendBuffer = [], this._dd = false, 
    this._dz = false, this._de = {}, this._dl = 0, this._dt = {}, this._eb = [];
    this.auth = _options.auth;
    if (io._ed) this.connect();
  }
}

function copy(from, to) {
  for (const key in from) to[key] = from[key];
  return to;
}

const DEFAULTS = {
  reconnection: true,
  reconnectionAttempts: Infinity,
  reconnectionDelay: 1e3,
  reconnectionDelayMax: 5e3,
  randomizationFactor: undefined,
  timeout: 2e4
};

let Manager$1 = class Manager extends Emitter {
  open(done) {
    if (this._df !== "closed") return this;
    if (this._dk) {
      this._dk(done);
      return this;
    }
    this._df = "opening";
    this._ee = false;
    const engine = this.engine = new Engine(this._dc, this.opts, this._cv || [], this._cj);
    this._ef = new Decoder(this.opts.maxAttachments || MAX_ATTACHMENTS);
    engine.on("open", () => {
      this._df = "open";
      this._eg(socket => socket._dh());
      this.emit("open");
      if (done) done();
    }).on("error", error => {
      if (engine !== this.engine || this._df !== "opening") return;
      this._df = "closed";
      this._eg(socket => socket._ds(error));
      this.emit("error", error);
      if (done) done(error); else if (!this._dg && this._cj.reconnection) this._eh();
    }).on("ping", () => this.emit("ping")).on("resume", () => this._eg(socket => {
      if (socket.connected) socket.recovered = true;
    })).on("message", data => {
      if (engine === this.engine && this._df === "open") this._du(data);
    }).on("close", (reason, error) => {
      if (engine === this.engine && this._df !== "closed") this._dj(reason, error);
    });
    engine._cc();
    return this;
  }
  connect(done) {
    return this.open(done);
  }
  socket(nsp, options) {
    const known = this.nsps[nsp];
    if (!known) return this.nsps[nsp] = new Socket(this, nsp, options);
    if (this._ed && !known.active) known.connect();
    return known;
  }
  disconnect() {
    this._ee = true;
    this._ei();
    if (this._df !== "closed") this._dj("forced close");
  }
  _ec() {
    let isActive = false;
    this._eg(socket => {
      isActive = isActive || socket.active;
    });
    if (!isActive) this.disconnect();
  }
  _ea(messages) {
    if (this._df === "open") this.engine._co(messages);
  }
  _du(data) {
    let packet;
    try {
      packet = this._ef.add(data);
    } catch (e) {
      this._dj("parse error", e);
      return;
    }
    if (packet && Object.prototype.hasOwnProperty.call(this.nsps, packet.nsp)) this.nsps[packet.nsp]._du(packet);
  }
  _dj(reason, error) {
    this._df = "closed";
    this._dg = false;
    this._ej = 0;
    this.engine.close();
    this._eg(socket => socket._dj(reason, error));
    this.emit("close", reason, error);
    if (this._cj.reconnection) this._eh();
  }
  _eh() {
    if (this._dg || this._ee) return;
    const settings = this._cj;
    if (this._ej >= settings.reconnectionAttempts) {
      this._ej = 0;
      this.emit("reconnect_failed");
      return;
    }
    this._dg = true;
    const retry = this._dk = done => {
      this._ei();
      this._dg = true;
      const attempt = this._ej;
      this.emit("reconnect_attempt", attempt);
      if (this._ee) return;
      this.open(error => {
        this._dg = false;
        if (error) {
          this._eh();
          this.emit("reconnect_error", error);
        } else {
          this._ej = 0;
          this.emit("reconnect", attempt);
        }
        if (done) done(error);
      });
    };
    this._cl = this._cm.set(() => retry(), backoff(this._ej++, settings));
    this._ek = onWake(() => retry());
  }
  _ei() {
    this._cm.clear(this._cl);
    if (this._ek) this._ek();
    this._ek = this._dk = undefined;
    this._dg = false;
  }
  _eg(call) {
    for (const nsp in this.nsps) if (this.nsps[nsp].active) call(this.nsps[nsp]);
  }
  constructor(uri, options, _known) {
    super(), this._cv = _known, this.nsps = {}, this._df = "closed", this._dg = false, 
    this._ej = 0, this._cj = {}, this._ee = false;
    if (uri && typeof uri === "object") {
      options = uri;
      uri = undefined;
    }
    const opts = this.opts = options || {};
    if (opts.parser) throw new Error("encke: a parser of your own is not supported; only Socket.IO's JSON is spoken");
    this.uri = uri;
    this._dc = parseAddress(this.uri);
    this._cm = opts.clock || systemClock;
    for (const name in DEFAULTS) {
      const given = opts[name];
      const standard = DEFAULTS[name];
      this._cj[name] = given === undefined || given === 0 && standard ? standard : given;
    }
    this._ed = opts.autoConnect !== false;
    if (this._ed) this.open();
  }
};

Object.keys(DEFAULTS).forEach(name => {
  Manager$1.prototype[name] = function(value) {
    if (value === undefined) return this._cj[name];
    this._cj[name] = value;
    if (!this._cj.reconnection) this._ei();
    return this;
  };
});

function client(transports, Manager) {
  if (Manager === void 0) Manager = managerOf(transports);
  const managers = {};
  return (uri, options) => {
    if (uri && typeof uri === "object") {
      options = uri;
      uri = undefined;
    }
    const {origin, path, query} = parseAddress(uri);
    const all = {};
    for (const key in options) all[key] = options[key];
    if (!all.query) all.query = query;
    const server = origin + (all.path || "/socket.io");
    let manager = managers[server];
    if (all.forceNew || all.multiplex === false || manager && Object.prototype.hasOwnProperty.call(manager.nsps, path)) {
      manager = new Manager(origin, all);
    } else if (!manager) {
      manager = managers[server] = new Manager(origin, all);
    }
    return manager.socket(path, all);
  };
}

function managerOf(transports) {
  return class extends Manager$1 {
    constructor(uri, options) {
      super(uri, options, transports);
    }
  };
}

const TEXT = "text/plain;charset=UTF-8";

function newXhr() {
  try {
    return new XMLHttpRequest;
  } catch (e) {
    return undefined;
  }
}

function canRequest() {
  return !!newXhr() || !!root.fetch;
}

function request(url, body, options, done) {
  const xhr = newXhr();
  let isOver = false;
  let abort;
  const finish = (status, text, context) => {
    if (isOver) return;
    isOver = true;
    done(status, text, context);
  };
  try {
    abort = (xhr ? viaXhr : viaFetch)(url, body, options, finish, xhr);
  } catch (e) {
    abort = () => {};
    setTimeout(() => finish(0, String(e), e), 0);
  }
  return () => {
    if (isOver) return;
    isOver = true;
    abort();
  };
}

function viaXhr(url, body, options, done, xhr) {
  send(xhr, url, body, options, true);
  xhr.onreadystatechange = () => {
    if (xhr.readyState === 4) done(xhr.status, xhr.status ? xhr.responseText : "", xhr);
  };
  return () => xhr.abort();
}

function send(xhr, url, body, options, isAsync) {
  const headers = options.extraHeaders || {};
  xhr.open(body === undefined ? "GET" : "POST", url, isAsync);
  if (body !== undefined) xhr.setRequestHeader("Content-Type", TEXT);
  for (const name in headers) xhr.setRequestHeader(name, headers[name]);
  if (isAsync) xhr.withCredentials = !!options.withCredentials;
  xhr.send(body);
}

function viaFetch(url, body, options, done) {
  const abort = new AbortController;
  const headers = {};
  for (const name in options.extraHeaders) headers[name] = options.extraHeaders[name];
  if (body !== undefined) headers["Content-Type"] = TEXT;
  root.fetch(url, {
    method: body === undefined ? "GET" : "POST",
    body,
    headers,
    credentials: options.withCredentials ? "include" : "same-origin",
    cache: "no-store",
    signal: abort.signal
  }).then(response => response.text().then(text => {
    done(response.status, text, response);
  })).then(undefined, error => done(0, String(error.cause || error), error));
  return () => abort.abort();
}

function beacon(url, body, options) {
  try {
    if (!options.extraHeaders && navigator.sendBeacon && navigator.sendBeacon(url, body)) return;
    send(newXhr(), url, body, options, false);
  } catch (e) {}
}

const polling = {
  name: "polling",
  duplex: false,
  isSupported: canRequest,
  open(link, events) {
    const close = ask(link, undefined, "poll", (error, text) => {
      if (error) {
        events.lost("transport error", error);
        return;
      }
      try {
        decodePayload(text, events.packet);
      } catch (e) {
        events.lost("parse error", transportError("xhr poll error: not base64", text));
        return;
      }
      events.ended();
    });
    return {
      close
    };
  },
  post(link, packets, done) {
    let close;
    let isClosed = false;
    encodePayload(packets, body => {
      if (isClosed) return;
      if (body === undefined) done(transportError("a Blob can not be read")); else close = ask(link, body, "post", done);
    });
    return () => {
      isClosed = true;
      if (close) close();
    };
  },
  farewell(link, packets) {
    encodePayload(packets, body => {
      if (body !== undefined) beacon(link.url, body, link.options);
    });
  }
};

function ask(param, body, what, done) {
  let {url, options, taken} = param;
  return request(url, body, options, (status, text, context) => {
    const isTaken = status === 200 && (body === undefined || taken.test(text));
    const shown = status ? "HTTP " + status + (text && " " + JSON.stringify(text.slice(0, 80))) : text || "no answer";
    done(isTaken ? undefined : transportError("xhr " + what + " error: " + shown, status, context), text);
  });
}

function constructorOf(options) {
  return options.WebSocket || root.WebSocket || root.MozWebSocket;
}

const webSocket = {
  name: "websocket",
  duplex: true,
  isSupported: options => !!constructorOf(options),
  open(param, events) {
    let {url, options} = param;
    const WebSocket = constructorOf(options);
    const {protocols, extraHeaders} = options;
    let ws;
    let failure;
    const lose = event => {
      const code = event && event.code ? ": code " + event.code : "";
      events.lost(failure ? "transport error" : "transport close", failure ? transportError("websocket error" + code, failure, ws) : transportError("websocket closed" + code, "websocket connection closed", event));
    };
    try {
      const address = url.replace(/^http/, "ws");
      ws = extraHeaders ? new WebSocket(address, protocols || [], {
        headers: extraHeaders
      }) : protocols ? new WebSocket(address, protocols) : new WebSocket(address);
    } catch (e) {
      failure = e;
      const timer = setTimeout(lose, 0);
      return {
        send: () => {},
        close: () => clearTimeout(timer)
      };
    }
    ws.binaryType = "arraybuffer";
    ws.onopen = events.opened;
    ws.onmessage = event => events.packet(event.data);
    ws.onerror = event => {
      failure = event;
    };
    ws.onclose = lose;
    return {
      send: packets => packets.forEach(packet => ws.send(packet)),
      close() {
        ws.onopen = ws.onmessage = ws.onclose = null;
        ws.onerror = () => {};
        ws.close();
      }
    };
  }
};

const transports = [ polling, webSocket ];

const Manager = /* @__PURE__ */ managerOf(transports);

const io = /* @__PURE__ */ client(transports, Manager);

const protocol = 5;

export { Manager, Socket, client, io as connect, io as default, io, polling, protocol, webSocket };
//# sourceMappingURL=encke.esm.js.map

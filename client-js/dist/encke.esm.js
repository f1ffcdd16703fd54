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

function backoff(attempts, settings) {
  const jitter = settings.randomizationFactor;
  const most = settings.reconnectionDelayMax;
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

const CLOSE = "1";

class Session {
  begin(now) {
    this._i = now;
    this._j();
  }
  isWritable() {
    return this.state === "open" && !this._k.length && !this._l();
  }
  deadline() {
    const until = this._m ? this._m.until : Infinity;
    return this.state === "closed" ? Infinity : Math.min(until, this._i + this._n);
  }
  handleOpened(leg) {
    if (this._o(leg)) this._p.write(leg, [ "2probe" ]);
  }
  handlePacket(now, leg, packet) {
    if (this._o(leg)) {
      const candidate = this._m;
      if (packet !== "3probe" || candidate.isProved) {
        this._q(now, "not an answer");
      } else {
        candidate.isProved = true;
        this._r(now);
      }
    } else if (leg === this._s) {
      this._i = Math.max(this._i, now);
      if (this.state === "opening") this._t(now, packet); else if (typeof packet !== "string") this._p.tell("message", packet); else if (packet.charAt(0) === "4") this._p.tell("message", packet.slice(1)); else if (packet === "2") this.send([ "3" ]); else if (packet === CLOSE) this._u("transport close"); else if (packet !== "6") this._v(packet);
    }
  }
  handleEnd(now, leg) {
    if (leg !== this._s) return;
    if (this.state === "opening") {
      this._v("");
    } else {
      this._s = undefined;
      this._r(now);
    }
  }
  handlePosted(now) {
    this._w = false;
    this._r(now);
  }
  handleLost(now, leg, reason, error) {
    if (leg === undefined || leg === this._s) this._u(reason, error); else if (this._o(leg)) this._q(now, error.message, error);
  }
  handleTimeout(now) {
    this._i = Math.min(this._i, now);
    if (now >= this._i + this._n) {
      if (this.state === "opening") this._u("timeout", transportError("timeout")); else this._u("ping timeout");
    } else if (this._m && now >= this._m.until) {
      this._q(now, "timeout");
    }
  }
  send(packets) {
    if (this.state === "closing" || this.state === "closed") return;
    this._k.push(...packets);
    this._x();
  }
  close(now) {
    if (this.state === "opening") {
      this._u("forced close");
    } else if (this.state === "open") {
      this.state = "closing";
      this._k.push(CLOSE);
      if (this._m) this._q(now, "closed"); else this._x();
    }
  }
  farewell() {
    if (this.state === "opening" || this.state === "closed" || this.kind.duplex) return [];
    return [ ...this._k.filter(packet => packet !== CLOSE), CLOSE ];
  }
  leave() {
    this._u("transport close");
  }
  _j() {
    this._s = ++this._y;
    this._p.openLeg(this._s, this.kind, this.sid);
  }
  _o(leg) {
    return !!this._m && this._m.leg === leg;
  }
  _l() {
    return this._w || !!this._m && this._m.isProved;
  }
  _t(now, packet) {
    let open;
    try {
      open = packet.charAt(0) === "0" && JSON.parse(packet.slice(1));
    } catch (e) {}
    const patience = open && open.pingInterval + open.pingTimeout;
    if (!open || !open.sid || typeof patience !== "number" || !(patience > 0)) {
      this._v(packet);
      return;
    }
    this.sid = open.sid;
    this.state = "open";
    this._n = patience;
    this._z = open.maxPayload || Infinity;
    if (this._aa.upgrade) this._ab = this._ab.concat(open.upgrades || []);
    this._p.tell("open");
    this._ac(now);
    if (this.kind.duplex && this._k.length) this._x();
  }
  _ac(now) {
    const {kinds, timeout} = this._aa;
    const upgrades = this._ab;
    const kind = kinds.filter(param => {
      let {name, duplex} = param;
      return duplex && upgrades.indexOf(name) >= 0;
    })[0];
    if (this.state !== "open" || this.kind.duplex || !kind) return;
    this._ab = upgrades.filter(name => name !== kind.name);
    const leg = ++this._y;
    this._m = {
      kind,
      leg,
      isProved: false,
      until: now + timeout
    };
    this._p.tell("upgrading", kind);
    this._p.openLeg(leg, kind, this.sid);
  }
  _q(now, why, error) {
    if (error === void 0) error = transportError("probe error: " + why);
    const {leg} = this._m;
    this._m = undefined;
    this._p.endLeg(leg);
    this._p.tell("upgradeError", error);
    this._r(now);
    this._ac(now);
  }
  _r(now) {
    const candidate = this._m;
    if (candidate && candidate.isProved) {
      if (this._s !== undefined || this._w) return;
      this._m = undefined;
      this._s = candidate.leg;
      this.kind = candidate.kind;
      this._i = now;
      this._p.write(this._s, [ "5" ]);
      this._p.tell("upgrade", this.kind);
    } else if (this._s === undefined && this.state === "open") {
      this._j();
    }
    this._x();
  }
  _x() {
    const queue = this._k;
    if (this.state === "opening" || this.state === "closed" || this._l()) return;
    if (queue.length) {
      if (this.kind.duplex) {
        this._k = [];
        this._p.write(this._s, queue);
      } else {
        let count = 1;
        let weight = weigh(queue[0]);
        while (count < queue.length && (weight += weigh(queue[count])) <= this._z) count++;
        this._w = true;
        this._p.post(queue.splice(0, count));
        return;
      }
    }
    if (this.state === "open") this._p.tell("drain"); else this._u("forced close");
  }
  _v(packet) {
    const shown = typeof packet === "string" ? JSON.stringify(packet.slice(0, 80)) : "binary data";
    const what = this.state === "opening" ? "handshake" : "packet";
    this._u("parse error", transportError("not an Engine.IO 4 " + what + ": " + shown));
  }
  _u(reason, error) {
    if (this.state === "closed") return;
    if (this._m) this._p.endLeg(this._m.leg);
    if (this._s !== undefined) this._p.endLeg(this._s);
    this._m = this._s = undefined;
    this._k = [];
    const isRefused = this.state === "opening" && error;
    this.state = "closed";
    if (isRefused) this._p.tell("error", error); else this._p.tell("close", reason, error);
  }
  constructor(_port, _config) {
    this._p = _port;
    this._aa = _config;
    this.state = "opening";
    this._y = -1;
    this._w = false;
    this._k = [];
    this._ab = [];
    this._z = Infinity;
    this._i = 0;
    this.kind = _config.kinds[0];
    this._n = _config.timeout;
  }
}

const TYPES = [ "open", "close", "ping", "pong", "message", "upgrade", "noop" ];

const LONGEST_TIMER = 2e9;

let requests = 0;

let hasUpgraded = false;

class Engine extends Emitter {
  _ad() {
    const kinds = this._ae;
    const now = this._af.now();
    this._ag = {};
    this._ah = new Session(this, {
      kinds,
      upgrade: this._ai.upgrade !== false,
      timeout: this._aj - now
    });
    if (kinds[0]) {
      this.transport = kinds[0];
      this._ak(() => this._ah.begin(now));
    } else {
      this._ah.state = "closed";
      this._al = this._af.set(() => this.tell("error", transportError("no transport works here")), 0);
    }
  }
  send(data) {
    return this._am([ data ]);
  }
  _am(messages) {
    const packets = messages.map(data => {
      this.emit("packetCreate", {
        type: "message",
        data
      });
      return typeof data === "string" ? "4" + data : data;
    });
    return this._ak(() => this._ah.send(packets));
  }
  close() {
    return this._ak(now => this._ah.close(now));
  }
  _an() {
    return this._ah.isWritable();
  }
  _ao() {
    this._ap = Infinity;
    this._ak(now => this._ah.handleTimeout(now));
  }
  openLeg(leg, kind, sid) {
    const session = this._ah;
    const legs = this._ag;
    const tell = (happen, isLast) => {
      if (!legs[leg]) return;
      if (isLast) delete legs[leg];
      this._ak(happen);
    };
    legs[leg] = {
      close() {}
    };
    const opened = kind.open(this._aq(kind, sid), {
      opened: () => tell(() => session.handleOpened(leg)),
      packet: received => tell(now => {
        this._ar(received);
        session.handlePacket(now, leg, received);
      }),
      ended: () => tell(now => session.handleEnd(now, leg), true),
      lost: (reason, error) => tell(now => session.handleLost(now, leg, reason, error), true)
    });
    if (legs[leg]) legs[leg] = opened;
  }
  write(leg, packets) {
    this._ag[leg].send(packets);
  }
  post(packets) {
    const session = this._ah;
    const {transport} = this;
    this._as = transport.post(this._aq(transport, this.id), packets, error => this._ak(now => {
      if (error) session.handleLost(now, undefined, "transport error", error); else session.handlePosted(now);
    }));
  }
  endLeg(leg) {
    const ended = this._ag[leg];
    delete this._ag[leg];
    if (ended) ended.close();
  }
  tell(event, about, error) {
    const {sid, state, kind} = this._ah;
    this.id = sid;
    if (event === "error") {
      hasUpgraded = false;
      about = this._at = this._at || about;
      const isWorthIt = this._ae.length > 1 && this._af.now() < this._aj;
      if (isWorthIt && this._ai.tryAllTransports !== false) {
        this._ae.shift();
        this._ad();
        return;
      }
    }
    this.transport = kind || this.transport;
    this.readyState = state;
    if (event === "upgrade") hasUpgraded = true;
    if (state === "closed") {
      if (this._as) this._as();
      this._af.clear(this._al);
      this._au.forEach(undo => undo());
    }
    this.emit(event, about, error);
    if (event === "error") this.emit("close", "transport error", about);
  }
  _ak(happen) {
    const clock = this._af;
    guard(() => happen(clock.now()));
    const due = this._ah.deadline();
    if (due < this._ap) {
      clock.clear(this._al);
      this._ap = due;
      this._al = clock.set(() => this._ao(), Math.min(due - clock.now(), LONGEST_TIMER));
    }
    return this;
  }
  _ar(packet) {
    if (packet === "2") this.emit("ping");
    if (!this.hasListeners("packet")) return;
    const isText = typeof packet === "string";
    this.emit("packet", {
      type: isText ? TYPES[+packet.charAt(0)] : "message",
      data: isText ? packet.slice(1) : packet
    });
  }
  _av() {
    const {transport} = this;
    const last = this._ah.farewell();
    if (last[0] && transport.farewell) transport.farewell(this._aq(transport, this.id), last);
    this._ah.leave();
  }
  _aq(param, sid) {
    let {name} = param;
    const options = this._ai;
    const query = {};
    const given = options.query || this._aw.query;
    for (const key in given) query[key] = given[key];
    query.EIO = 4;
    query.transport = name;
    query.sid = sid;
    if (options.timestampRequests !== false) {
      query[options.timestampParam || "t"] = (this._af.now() + requests++).toString(36);
    }
    const path = (options.path || "/socket.io").replace(/\/$/, "") + (options.addTrailingSlash === false ? "" : "/");
    return {
      url: this._aw.origin + path + "?" + formatQuery(query),
      options
    };
  }
  constructor(_address, _options, known, timeout) {
    super(), this._aw = _address, this._ai = _options, this.readyState = "opening", 
    this._ap = Infinity;
    this._af = _options.clock || systemClock;
    this._aj = timeout === false ? Infinity : this._af.now() + timeout;
    this._ae = choose(known, _options);
    this._au = [ onWake(() => this._ao()), onLeave(() => this._av()) ];
  }
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
    return this._ax;
  }
  get volatile() {
    this._ay.volatile = true;
    return this;
  }
  compress(_value) {
    return this;
  }
  timeout(milliseconds) {
    this._ay.timeout = milliseconds;
    return this;
  }
  connect() {
    const {io} = this;
    if (this.connected || this._ax && io._az === "open") return this;
    this._ax = true;
    if (!io._ba) io.open();
    if (io._az === "open") this._bb();
    return this;
  }
  open() {
    return this.connect();
  }
  disconnect() {
    if (this.connected) this._bc({
      type: DISCONNECT
    });
    const wasConnected = this.connected;
    this._av();
    if (wasConnected) this._bd("io client disconnect");
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
    const flags = this._ay;
    this._ay = {};
    if (RESERVED.test(event)) throw new Error('"' + event + '" is a reserved event name');
    const data = [ event, ...args ];
    if (this._ai.retries && !flags.isRetry && !flags.volatile) {
      this._be(data, flags);
      return this;
    }
    let ack;
    if (typeof data[data.length - 1] === "function") ack = data.pop();
    const id = ack && this._bf++;
    const unsent = {
      id,
      data,
      _bg: encode({
        type: EVENT,
        nsp: this.nsp,
        id,
        data
      })
    };
    const {engine} = this.io;
    if (ack) this._bh(id, ack, flags.timeout === undefined ? this._ai.ackTimeout : flags.timeout);
    if (flags.volatile && !(this.connected && engine._an())) return this;
    if (this.connected) engine._ao();
    if (this.connected) this._bi(unsent); else this.sendBuffer.push(unsent);
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
      ack._bj = true;
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
  _bb() {
    const {auth, io} = this;
    const {engine} = io;
    const give = data => {
      const isAsked = this._bk && this._bk.engine === engine;
      if (engine !== io.engine || isAsked || !this._ax || this.connected) return;
      this._bk = {
        engine
      };
      const credentials = this._bl ? {
        pid: this._bl,
        offset: this._bm
      } : undefined;
      this._bc({
        type: CONNECT,
        data: credentials ? copy(data, credentials) : data || undefined
      });
    };
    if (typeof auth === "function") guard(() => auth(give)); else give(auth);
  }
  _bn(error) {
    if (!this.connected) this._g("$connect_error", [ error ]);
  }
  _bd(reason, error) {
    const wasConnected = this.connected;
    this.connected = false;
    this.id = undefined;
    if (wasConnected) this._g("$disconnect", [ reason, error ]); else if (this._ax && reason !== "forced close") this._bn(error || new Error(reason));
    for (const id in this._bo) {
      if (this.sendBuffer.some(unsent => unsent.id === +id)) continue;
      const ack = this._bo[id];
      delete this._bo[id];
      if (ack._bj) guard(() => ack.call(this, new Error("socket has been disconnected")));
    }
  }
  _bp(param) {
    let {type, data, id} = param;
    if (type === CONNECT || type === CONNECT_ERROR) {
      const isStale = this._bk && this._bk.isStale;
      this._bk = undefined;
      if (isStale) {
        if (type === CONNECT) this._bc({
          type: DISCONNECT
        });
        if (this._ax) this._bb();
        return;
      }
    }
    if (!this._ax) return;
    switch (type) {
     case CONNECT:
      if (data && data.sid) this._bq(data.sid, data.pid); else this._bn(new Error("the server speaks an older protocol, that of Socket.IO 2"));
      break;

     case EVENT:
      if (id !== undefined) data.push(this._br(id));
      if (this.connected) this._bs(data); else this.receiveBuffer.push(data);
      break;

     case ACK:
      {
        const ack = this._bo[id];
        delete this._bo[id];
        if (ack) guard(() => ack.apply(this, ack._bj ? [ null, ...data ] : data));
        break;
      }

     case DISCONNECT:
      this._av();
      this._bd("io server disconnect");
      break;

     case CONNECT_ERROR:
      {
        if (this.connected) {
          this._av();
          this._bd("parse error");
          break;
        }
        const error = new Error(typeof data === "string" ? data : data.message || "refused");
        error.data = data.data;
        this._av();
        this._bn(error);
      }
    }
  }
  _bq(id, pid) {
    this.id = id;
    this.recovered = !!pid && pid === this._bl;
    this._bl = pid;
    this.connected = true;
    const {receiveBuffer, sendBuffer} = this;
    this.receiveBuffer = [];
    this.sendBuffer = [];
    receiveBuffer.forEach(data => this._bs(data));
    sendBuffer.forEach(unsent => this._bi(unsent));
    this._bt();
    if (!this.connected) return;
    this._bu = true;
    this._g("$connect", []);
  }
  _bs(data) {
    this._g(INCOMING, data);
    this._g("$" + data[0], data.slice(1));
    const last = data[data.length - 1];
    if (this._bl && typeof last === "string") this._bm = last;
  }
  _bi(param) {
    let {data, _bg: _packets} = param;
    if (this.connected) this._g(OUTGOING, data);
    if (this.connected) this.io._bv(_packets);
  }
  _bc(param) {
    let {type, data, id} = param;
    this.io._bv(encode({
      type,
      nsp: this.nsp,
      data,
      id
    }));
  }
  _br(id) {
    var _this = this;
    let engine = this.io.engine;
    return function() {
      for (var _len = arguments.length, data = new Array(_len), _key = 0; _key < _len; _key++) {
        data[_key] = arguments[_key];
      }
      if (engine !== _this.io.engine || !_this.connected) return;
      engine = undefined;
      _this._bc({
        type: ACK,
        id,
        data
      });
    };
  }
  _bh(id, ack, milliseconds) {
    var _this = this;
    const {_af: _clock} = this.io;
    if (milliseconds === undefined) {
      this._bo[id] = ack;
      return;
    }
    const timer = _clock.set(() => {
      delete this._bo[id];
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
    answered._bj = true;
    this._bo[id] = answered;
  }
  _be(args, flags) {
    var _this = this;
    const ack = typeof args[args.length - 1] === "function" ? args.pop() : undefined;
    encode({
      type: EVENT,
      nsp: this.nsp,
      data: args
    });
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
      if (!error || retried.tries > _this._ai.retries) {
        _this._k.shift();
        if (ack) guard(() => ack(error, ...answer));
      }
      retried.isPending = false;
      _this._bt();
    });
    args[args.length - 1]._bj = flags.isRetry = true;
    this._k.push(retried);
    this._bt();
  }
  _bt() {
    const next = this._k[0];
    if (!next || !this.connected || next.isPending) return;
    next.isPending = true;
    next.tries++;
    this._ay = next.flags;
    this.emit.apply(this, next.args);
  }
  _av() {
    this._ax = false;
    if (this._bk) this._bk.isStale = true;
    this.io._bw();
  }
  constructor(io, nsp, _options = {}) {
    super(), this.io = io, this.nsp = nsp, this._ai = _options, this.connected = false, 
    this.recovered = false, this.receiveBuffer = [], this.sendBuffer = [], this._ax = false, 
    this._bu = false, this._ay = {}, this._bf = 0, this._bo = {}, this._k = [];
    this.auth = _options.auth;
    if (io._bx) this.connect();
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
    if (this._az !== "closed") return this;
    if (this._be) {
      this._be(done);
      return this;
    }
    this._az = "opening";
    this._by = false;
    const engine = this.engine = new Engine(this._aw, this.opts, this._bz || [], this._ca.timeout);
    this._cb = new Decoder(this.opts.maxAttachments || MAX_ATTACHMENTS);
    engine.on("open", () => {
      this._az = "open";
      this._cc(socket => socket._bb());
      this.emit("open");
      if (done) done();
    }).on("error", error => {
      if (engine !== this.engine || this._az !== "opening") return;
      this._az = "closed";
      this._cc(socket => socket._bn(error));
      this.emit("error", error);
      if (done) done(error); else if (!this._ba && this._ca.reconnection) this._cd();
    }).on("ping", () => this.emit("ping")).on("message", data => {
      if (engine === this.engine && this._az === "open") this._bp(data);
    }).on("close", (reason, error) => {
      if (engine === this.engine && this._az !== "closed") this._bd(reason, error);
    });
    engine._ad();
    return this;
  }
  connect(done) {
    return this.open(done);
  }
  socket(nsp, options) {
    const known = this.nsps[nsp];
    if (!known) return this.nsps[nsp] = new Socket(this, nsp, options);
    if (this._bx && !known.active) known.connect();
    return known;
  }
  disconnect() {
    this._by = true;
    this._ce();
    if (this._az !== "closed") this._bd("forced close");
  }
  _bw() {
    let isActive = false;
    this._cc(socket => {
      isActive = isActive || socket.active;
    });
    if (!isActive) this.disconnect();
  }
  _bv(messages) {
    if (this._az === "open") this.engine._am(messages);
  }
  _bp(data) {
    let packet;
    try {
      packet = this._cb.add(data);
    } catch (e) {
      this._bd("parse error", e);
      return;
    }
    if (packet && Object.prototype.hasOwnProperty.call(this.nsps, packet.nsp)) this.nsps[packet.nsp]._bp(packet);
  }
  _bd(reason, error) {
    this._az = "closed";
    this._ba = false;
    this._cf = 0;
    this.engine.close();
    this._cc(socket => socket._bd(reason, error));
    this.emit("close", reason, error);
    if (this._ca.reconnection) this._cd();
  }
  _cd() {
    if (this._ba || this._by) return;
    const settings = this._ca;
    if (this._cf >= settings.reconnectionAttempts) {
      this._cf = 0;
      this.emit("reconnect_failed");
      return;
    }
    this._ba = true;
    const retry = this._be = done => {
      this._ce();
      this._ba = true;
      const attempt = this._cf;
      this.emit("reconnect_attempt", attempt);
      if (this._by) return;
      this.open(error => {
        this._ba = false;
        if (error) {
          this._cd();
          this.emit("reconnect_error", error);
        } else {
          this._cf = 0;
          this.emit("reconnect", attempt);
        }
        if (done) done(error);
      });
    };
    this._al = this._af.set(() => retry(), backoff(this._cf++, settings));
    this._cg = onWake(() => retry());
  }
  _ce() {
    this._af.clear(this._al);
    if (this._cg) this._cg();
    this._cg = this._be = undefined;
    this._ba = false;
  }
  _cc(call) {
    for (const nsp in this.nsps) if (this.nsps[nsp].active) call(this.nsps[nsp]);
  }
  constructor(uri, options, _known) {
    super(), this._bz = _known, this.nsps = {}, this._az = "closed", this._ba = false, 
    this._cf = 0, this._ca = {}, this._by = false;
    if (uri && typeof uri === "object") {
      options = uri;
      uri = undefined;
    }
    const opts = this.opts = options || {};
    if (opts.parser) throw new Error("encke: a parser of your own is not supported; only Socket.IO's JSON is spoken");
    this.uri = uri;
    this._aw = parseAddress(this.uri);
    this._af = opts.clock || systemClock;
    for (const name in DEFAULTS) {
      const given = opts[name];
      const standard = DEFAULTS[name];
      this._ca[name] = given === undefined || given === 0 && standard ? standard : given;
    }
    this._bx = opts.autoConnect !== false;
    if (this._bx) this.open();
  }
};

Object.keys(DEFAULTS).forEach(name => {
  Manager$1.prototype[name] = function(value) {
    if (value === undefined) return this._ca[name];
    this._ca[name] = value;
    if (!this._ca.reconnection) this._ce();
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
  let {url, options} = param;
  return request(url, body, options, (status, text, context) => {
    const isTaken = status === 200 && (body === undefined || /^ok$/i.test(text));
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

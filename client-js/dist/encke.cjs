/*! encke-client 0.1.0 | MIT OR Apache-2.0 */
'use strict';

/** The global object: of a page, of a worker, of Node. */ const root = typeof self !== "undefined" ? self : typeof window !== "undefined" ? window : typeof global !== "undefined" ? global : {};

const PARTS$1 = /^(?:http|ws)(s?):\/\/([^/?#]+)([^?#]*)\??([^#]*)/;
/** Reads an address, in as much of which the page's own stands in as is missing. */ function parseAddress(uri) {
    const here = root.location || {};
    const protocol = here.host && here.protocol !== "https:" ? "http:" : "https:";
    let whole = uri || "/";
    if (whole.charAt(0) === "/") whole = protocol + (whole.charAt(1) === "/" ? "" : "//" + (here.host || "")) + whole;
    else if (!/^\w+:\/\//.test(whole)) whole = protocol + "//" + whole;
    const parts = PARTS$1.exec(whole);
    if (!parts) throw new Error('encke: "' + (uri || "") + '" is not the address of a server');
    const isSecure = parts[1] === "s";
    const query = {};
    parts[4].replace(/([^&=]+)=?([^&]*)/g, (pair, key, value)=>{
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
    } catch (_) {
        // A lone percent sign.
        return text;
    }
}
/** A query as it stands in an address. */ function formatQuery(query) {
    const pairs = [];
    for(const key in query){
        if (query[key] !== undefined) pairs.push(encodeURIComponent(key) + "=" + encodeURIComponent(query[key]));
    }
    return pairs.join("&");
}

/**
 * The wait after so many tries in vain, in milliseconds. By default anything up to the ceiling is as
 * likely, so that clients which lost their server together do not come back together. `patience` says
 * how many times longer than usual the longest may be.
 */ function backoff(attempts, settings, patience) {
    if (patience === void 0) patience = 1;
    const jitter = settings.randomizationFactor;
    const most = settings.reconnectionDelayMax * patience;
    const ceiling = Math.min(settings.reconnectionDelay * Math.pow(2, attempts), most);
    return Math.min(ceiling * (jitter === undefined ? Math.random() : 1 + jitter * (2 * Math.random() - 1)), most);
}

/** Where the time comes from. Tests give one of their own. */ /** The system's time, which also goes on while the machine sleeps. */ const systemClock = {
    now: ()=>+new Date(),
    set: (callback, delay)=>setTimeout(callback, delay),
    clear: (timer)=>clearTimeout(timer)
};

const tag = Object.prototype.toString;
const isNode = ()=>typeof process !== "undefined" && !!process.versions && !!process.versions.node && !!root.Buffer;
/** Bytes as an application hands them in, or `undefined` for anything else. */ function toBinary(value) {
    if (!value || typeof value !== "object") return undefined;
    const name = tag.call(value);
    if (name === "[object ArrayBuffer]" || name === "[object Blob]" || name === "[object File]") return value;
    // A view may show a part of its buffer only. Engines of 2014 have no ArrayBuffer.isView.
    const { buffer, byteLength } = value;
    return typeof byteLength === "number" && tag.call(buffer) === "[object ArrayBuffer]" ? byteLength === buffer.byteLength ? buffer : buffer.slice(value.byteOffset, value.byteOffset + byteLength) : undefined;
}
/** Bytes as an application expects them: a Buffer in Node. */ function fromBinary(bytes) {
    return isNode() ? root.Buffer.from(bytes) : bytes;
}
/** How many bytes there are. */ function size(bytes) {
    return bytes.byteLength || bytes.size || 0;
}
function encodeBase64(bytes) {
    const view = new Uint8Array(bytes);
    let text = "";
    for(let index = 0; index < view.length; index++)text += String.fromCharCode(view[index]);
    return btoa(text);
}
/** Throws where the text is not base64. */ function decodeBase64(text) {
    // White space is all that atob forgives.
    const decoded = atob(text.replace(/\s/g, "!"));
    const view = new Uint8Array(decoded.length);
    for(let index = 0; index < decoded.length; index++)view[index] = decoded.charCodeAt(index);
    return view.buffer;
}

/** The types of Socket.IO packets. Spec: Socket.IO 5, Packet types. */ const CONNECT = 0;
const DISCONNECT = 1;
const EVENT = 2;
const ACK = 3;
const CONNECT_ERROR = 4;
/** And one more for a binary ack. */ const BINARY_EVENT = 5;
/** The greatest number of an event that asks for an ack, 2^53 - 1. */ const MAX_ID = 9007199254740991;
/** Names of events that an application can not send. */ const RESERVED = /^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/;
/** The most attachments of a packet, unless the application says otherwise. */ const MAX_ATTACHMENTS = 10000;
/** Type, number of attachments, namespace with a query, id, and the JSON. */ const PARTS = /^([0-6])(?:(\d+)-)?(?:(\/[^,?\x1e]*)(?:\?[^,]*)?(?:,|$))?(\d+)?([^]*)$/;
/** The packet's messages: its text, then its attachments. Throws where JSON does, as for cycles. */ function encode(packet) {
    const attachments = [];
    let { type } = packet;
    const json = packet.data === undefined ? "" : stringify(packet.data, function(key, value) {
        // What is at `key` itself: `value` is what its toJSON has made of it.
        const binary = toBinary(this[key]);
        return binary ? {
            _placeholder: true,
            num: attachments.push(binary) - 1
        } : value;
    });
    if (attachments.length) type += BINARY_EVENT - EVENT;
    return [
        type + (attachments.length ? attachments.length + "-" : "") + (packet.nsp === "/" ? "" : packet.nsp + ",") + (packet.id === undefined ? "" : packet.id) + json,
        ...attachments
    ];
}
/** Puts packets together again. */ class Decoder {
    /** Takes the data of a message, and gives the packet that is whole with it. Throws where it is none. */ add(data) {
        let partial = this._partial;
        if (typeof data === "string") {
            if (partial) throw fault("an attachment is missing before", data);
            partial = parse(data, this._maxAttachments);
            if (partial.count) this._partial = partial;
        } else {
            if (!partial) throw fault("no packet announced binary data", "");
            partial.attachments.push(fromBinary(data));
        }
        if (partial.attachments.length < partial.count) return undefined;
        this._partial = undefined;
        partial.places.forEach((param)=>{
            let { holder, key, num } = param;
            holder[key] = partial.attachments[num];
        });
        return partial.packet;
    }
    constructor(_maxAttachments){
        this._maxAttachments = _maxAttachments;
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
    } catch (error) {
        throw fault(String(error), text);
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
/** Throws where there is no such attachment, and where the data is deeper than the stack. */ function findPlaces(holder, count, places) {
    for(const key in holder){
        const value = holder[key];
        if (!value || typeof value !== "object") continue;
        if (value._placeholder === true) {
            const { num } = value;
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
    switch(type){
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
/** What is wrong, and as much of the packet as tells where it comes from. */ function fault(why, text) {
    return new Error(why + (text && ": " + JSON.stringify(text.slice(0, 80))));
}
/** As `JSON.stringify` does since 2019: half of a pair is escaped, since it is not to be had in UTF-8. */ function stringify(value, replacer) {
    return JSON.stringify(value, replacer).replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found)=>found.length > 1 ? found : "\\u" + found.charCodeAt(0).toString(16));
}

/** Whether mistakes of the page are pointed out. The build decides; minified bundles do not. */ const DEV = process.env.NODE_ENV !== "production";

/** Calls what is the page's own. What it throws is reported, and does not stop what comes behind. */ function guard(call) {
    try {
        call();
    } catch (error) {
        setTimeout(()=>{
            throw error;
        }, 0);
    }
}

/**
 * Who wants to hear of what.
 *
 * The methods are those that Socket.IO's emitters have, `listen` excepted. A list of listeners is
 * never changed, only replaced: those who are being called can come and go.
 */ class Emitter {
    /** Calls `listener` on each `event`, in the order of registration. */ on(event, listener) {
        if (DEV && this._inConnect) warnOfTwin(event, this.listeners(event), listener);
        return this._add("$" + event, listener);
    }
    /** As `on`, for the next `event` only. */ once(event, listener) {
        const self = this;
        const entry = function() {
            self._remove("$" + event, entry);
            listener.apply(this, arguments);
        };
        entry._inner = listener;
        return this.on(event, entry);
    }
    /** As `on`, and gives the function that undoes it. */ listen(event, listener) {
        this.on(event, listener);
        let isOn = true;
        return ()=>{
            if (isOn) this._remove("$" + event, listener);
            isOn = false;
        };
    }
    /** Forgets a listener, all of an event, or all there are. */ off(event, listener) {
        if (event !== undefined) return this._remove("$" + event, listener);
        for(const key in this._entries)if (key.charAt(0) === "$") delete this._entries[key];
        return this;
    }
    /** Calls the listeners of `event`. */ emit(event) {
        for(var _len = arguments.length, args = new Array(_len > 1 ? _len - 1 : 0), _key = 1; _key < _len; _key++){
            args[_key - 1] = arguments[_key];
        }
        this._fire("$" + event, args);
        return this;
    }
    /** Those who listen for `event`. */ listeners(event) {
        return this._list("$" + event);
    }
    /** Whether anybody listens for `event`. */ hasListeners(event) {
        return this.listeners(event).length > 0;
    }
    /** The listeners of a key, in an array that stays as it is. */ _list(key) {
        return this._entries[key] || [];
    }
    _add(key, listener, isFirst) {
        const list = this._list(key);
        this._entries[key] = isFirst ? [
            listener,
            ...list
        ] : [
            ...list,
            listener
        ];
        return this;
    }
    /** Forgets one listener of a key, or all. */ _remove(key, listener) {
        let isFound = false;
        const rest = this._list(key).filter((entry)=>listener && (isFound || !(isFound = entry === listener || entry._inner === listener)));
        if (rest.length) this._entries[key] = rest;
        else delete this._entries[key];
        return this;
    }
    _fire(key, args) {
        this._list(key).forEach((listener)=>guard(()=>listener.apply(this, args)));
    }
    constructor(){
        /** By name with a `$` before it, so that none is one of `Object.prototype`; subclasses have keys without. */ this._entries = {};
    }
}
const prototype = Emitter.prototype;
prototype.addEventListener = prototype.on;
prototype.removeListener = prototype.removeEventListener = prototype.removeAllListeners = prototype.off;
function warnOfTwin(event, entries, listener) {
    const text = String(listener._inner || listener);
    for(let index = 0; index < entries.length; index++){
        const entry = entries[index];
        if (String(entry._inner || entry) === text) {
            console.warn('encke: the same listener for "' + event + '" is added again on each "connect", and is called once more ' + "for each time. Add it once, outside of the listener for \"connect\".");
            return;
        }
    }
}

/** What went wrong with a transport. */ /** An error that applications know from Socket.IO's client. */ function transportError(message, description, context) {
    const error = new Error(message);
    error.type = "TransportError";
    error.description = description;
    error.context = context;
    return error;
}

/**
 * What happens to the page as a whole. A page that slept is told of no lost connection and its
 * timers are late, so that whoever waits for something looks again when it wakes.
 */ function listen(target, event, callback) {
    if (!target || !target.addEventListener) return ()=>{};
    target.addEventListener(event, callback, false);
    return ()=>target.removeEventListener(event, callback, false);
}
/** Calls `callback` when the page, or its network, is back. Gives the undo. */ function onWake(callback) {
    const { document } = root;
    const undo = [
        listen(root, "online", callback),
        listen(root, "pageshow", callback),
        listen(document, "visibilitychange", ()=>{
            if (!document.hidden) callback();
        })
    ];
    return ()=>undo.forEach((each)=>each());
}
/** Calls `callback` when the page goes for good. Gives the undo. */ function onLeave(callback) {
    return "onpagehide" in root ? listen(root, "pagehide", (event)=>{
        if (!event.persisted) callback();
    }) : listen(root, "unload", callback);
}

/** The byte between two packets of an HTTP body. */ const SEPARATOR = "\x1e";
/** The most bytes that a packet can take up in an HTTP body. */ function weigh(packet) {
    return typeof packet === "string" ? packet.length * 3 : size(packet) * 2;
}
/** The bytes of a packet on a WebSocket: of text in UTF-8. */ function sizeOf(packet) {
    return typeof packet === "string" ? packet.replace(/[\ud800-\udbff][\udc00-\udfff]/g, "1234").replace(/[\u0800-\uffff]/g, "123").replace(/[\x80-\u07ff]/g, "12").length : size(packet);
}
/** Hands out the packets of an HTTP body. Throws at the first that is not what it says. */ function decodePayload(body, take) {
    body.split(SEPARATOR).forEach((record)=>{
        take(record.charAt(0) === "b" ? decodeBase64(record.slice(1)) : record);
    });
}
/** The packets as an HTTP body, at once if no Blob has to be read; nothing if one can not be read. */ function encodePayload(packets, done) {
    const records = [];
    let missing = 1;
    let isWhole = true;
    const arrive = ()=>{
        if (!--missing) done(isWhole ? records.join(SEPARATOR) : undefined);
    };
    packets.forEach((packet, index)=>{
        if (typeof packet === "string") {
            records[index] = packet;
        } else if (packet.byteLength !== undefined) {
            records[index] = "b" + encodeBase64(packet);
        } else {
            missing++;
            readBlob(packet, (base64)=>{
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
        // Node.
        blob.arrayBuffer().then((bytes)=>done(encodeBase64(bytes)), ()=>done());
        return;
    }
    const reader = new FileReader();
    // `data:type;base64,…`, and for an empty Blob in some engines `data:`.
    reader.onloadend = ()=>done(reader.result ? String(reader.result).split(",")[1] || "" : undefined);
    reader.readAsDataURL(blob);
}

/** Bytes that a packet counts beyond its own. Spec: PROTOCOL.md, Handshake. */ const OVERHEAD = 64;
/** What some packets count together. */ function costOf(packets) {
    return packets.reduce((sum, packet)=>sum + sizeOf(packet) + OVERHEAD, 0);
}
/**
 * What goes up, in order and numbered from 1. It is kept until it is confirmed.
 *
 * ```text
 *   forgotten | sent before, not again yet | waits
 *             ^ confirmed                  ^ sent      `next` is between the two: what goes up next
 * ```
 *
 * Spec: PROTOCOL.md, Numbering.
 */ class Outbox {
    add(packets) {
        packets.forEach((packet)=>{
            const cost = costOf([
                packet
            ]);
            this._packets.push(packet);
            this._costs.push(cost);
            this.cost += cost;
        });
    }
    /** The number of the packet that goes up next. */ next() {
        return this.confirmed + this._passed + 1;
    }
    /** How many have not been confirmed. */ size() {
        return this._packets.length;
    }
    /** Whether something waits to go up. */ isWaiting() {
        return this._passed < this._packets.length;
    }
    /** All that is not confirmed is to go up again. */ rewind() {
        this._passed = this._passedCost = 0;
    }
    /**
   * The packets that go up next: as many as may be unconfirmed at a time, `most` bytes, and as fit
   * `body` bytes of an HTTP body. One alone always does.
   */ take(most, body) {
        const taken = [];
        while(this.isWaiting()){
            const packet = this._packets[this._passed];
            const cost = this._passedCost + this._costs[this._passed];
            body -= weigh(packet);
            if (taken.length && body < 0 || this._passed && cost > most) break;
            taken.push(packet);
            this._passed++;
            this._passedCost = cost;
        }
        this.sent = Math.max(this.sent, this.next() - 1);
        return taken;
    }
    /** Forgets what the peer has: all up to this number. False if it has never gone up. */ confirm(count) {
        const isKnown = count <= this.sent;
        for(; isKnown && this.confirmed < count; this.confirmed++){
            const cost = this._costs.shift();
            this._packets.shift();
            this.cost -= cost;
            if (this._passed) {
                this._passed--;
                this._passedCost -= cost;
            }
        }
        return isKnown;
    }
    constructor(){
        /** The number of the last packet that is confirmed. */ this.confirmed = 0;
        /** The number of the last that has ever gone up. */ this.sent = 0;
        /** What all that it keeps counts, in bytes. */ this.cost = 0;
        this._packets = [];
        this._costs = [];
        /** How many of its packets are not to go up now, since they have. */ this._passed = 0;
        /** What these count. */ this._passedCost = 0;
    }
}

/** The packet that ends a session. */ const CLOSE = "1";
/**
 * The client's side of a session, for plain Engine.IO 4. It does nothing by itself and reads no
 * clock: the driver says what happened and when, and is told through the port what to do.
 *
 * ```text
 *   opening --0--> open --close--> closing: the last packets go up, then `1`
 *      |            |                 |
 *      +------------+-----------------+---- leg lost, `1`, silence ----> closed
 *
 *   While open:  polling --leg opened--> probing --3probe--> proved --poll and POST home--> duplex
 * ```
 */ class Session {
    /** Asks the server for a session. */ begin(now) {
        this._openLeg(now);
    }
    /** Whether what is sent now leaves at once. */ isWritable() {
        return this.state === "open" && !this._outbox.isWaiting() && !this._isHeld();
    }
    /** When `handleTimeout` is to be called, if nothing happens before. */ deadline() {
        const until = this._candidate ? this._candidate.until : Infinity;
        return this.state === "closed" ? Infinity : Math.min(until, this._heard + this._patience);
    }
    /** A duplex leg is open. */ handleOpened(leg) {
        if (this._isCandidate(leg)) this._port.write(leg, [
            "2probe"
        ]);
    }
    /** A packet has come down a leg. One that is none ends the session, with a reason to show. */ handlePacket(now, leg, packet) {
        if (this._isCandidate(leg)) {
            const candidate = this._candidate;
            if (packet !== "3probe" || candidate.isProved) {
                this._dismiss(now, "not an answer");
            } else {
                candidate.isProved = true;
                this._advance(now);
            }
        } else if (leg === this._leg) {
            this._heard = now;
            if (this.state === "opening") this._handleHandshake(now, packet);
            else this._take(now, packet);
        }
    }
    /** A leg that was open for one answer has given it. */ handleEnd(now, leg) {
        if (leg !== this._leg) return;
        if (this.state === "opening") {
            this._reject(now, "");
        } else {
            this._leg = undefined;
            this._advance(now);
        }
    }
    /** A POST is answered, with an error unless it was taken. There is no text where it could not be sent at all. */ handlePosted(now, _upload, error, _text) {
        if (error) {
            this._end("transport error", error);
        } else {
            this._isPosting = false;
            this._advance(now);
        }
    }
    /** A leg is lost. */ handleLost(now, leg, reason, error) {
        if (leg === this._leg) this._end(reason, error);
        else if (this._isCandidate(leg)) this._dismiss(now, error.message, error);
    }
    /** What was due, or may have been due while nobody looked. A call too many is harmless. */ handleTimeout(now) {
        if (now >= this._heard + this._patience) {
            if (this.state === "opening") this._end("timeout", transportError("timeout"));
            else this._end("ping timeout");
        } else if (this._candidate && now >= this._candidate.until) {
            this._dismiss(now, "timeout");
        }
    }
    /** The page, or its network, is back. */ handleWake(now) {
        this.handleTimeout(now);
    }
    /** Throws where the server would not take packets, and where too much waits already. */ admit(packets) {
        packets.forEach((packet)=>{
            const bytes = this._measure(packet);
            if (bytes > this._maxPayload) {
                throw new Error("encke: a message of " + bytes + " bytes; the server takes " + this._maxPayload + " at most");
            }
        });
        const { maxBuffer } = this._config;
        if (this._outbox.cost + costOf(packets) > maxBuffer) {
            throw new Error("encke: more than " + maxBuffer + " bytes wait to be sent, see the option maxBuffer");
        }
    }
    /** Sends packets up. A session that is over, or about to be, takes none. */ send(now, packets) {
        if (this.state === "closing" || this.state === "closed") return;
        this._outbox.add(packets);
        this._flush(now);
    }
    /** Ends the session when all is sent. */ close(now) {
        if (this.state === "opening") {
            this._end("forced close");
        } else if (this.state === "open") {
            this._sayGoodbye(now);
            if (this._candidate) this._dismiss(now, "closed");
            else this._flush(now);
        }
    }
    /** Ends the session at once, since the page goes. The server is told what it would not notice. */ leave(_now) {
        if ((this.state === "open" || this.state === "closing") && !this.kind.duplex) {
            const rest = this._outbox.take(Infinity, Infinity).filter((packet)=>packet !== CLOSE);
            this._port.postLast([
                ...rest,
                CLOSE
            ]);
        }
        this._end("transport close");
    }
    _openLeg(now) {
        this._heard = now;
        this._leg = ++this._newestLeg;
        this._port.openLeg(this._leg, this.kind, this.sid);
    }
    /** What a packet counts against maxPayload. In a body base64 does too. */ _measure(packet) {
        const bytes = sizeOf(packet);
        return typeof packet === "string" || this.kind.duplex ? bytes : 1 + 4 * Math.ceil(bytes / 3);
    }
    /** A packet has come down the session's leg. */ _take(now, packet) {
        if (typeof packet !== "string") this._port.tell("message", packet);
        else if (packet.charAt(0) === "4") this._port.tell("message", packet.slice(1));
        else if (packet === "2") this._answerPing(now);
        else if (packet === CLOSE) this._end("transport close");
        else if (packet !== "6") this._reject(now, packet);
    }
    _answerPing(now) {
        this.send(now, [
            "3"
        ]);
    }
    _sayGoodbye(_now) {
        this.state = "closing";
        this._outbox.add([
            CLOSE
        ]);
    }
    /** Tries the next transport that both sides have. */ _probe(now) {
        const { kinds, timeout } = this._config;
        const upgrades = this._upgrades;
        const kind = kinds.filter((param)=>{
            let { name, duplex } = param;
            return duplex && upgrades.indexOf(name) >= 0;
        })[0];
        if (this.state !== "open" || this.kind.duplex || !kind) return;
        this._upgrades = upgrades.filter((name)=>name !== kind.name);
        const leg = ++this._newestLeg;
        this._candidate = {
            kind,
            leg,
            isProved: false,
            until: now + timeout
        };
        this._port.tell("upgrading", kind);
        this._port.openLeg(leg, kind, this.sid);
    }
    _dismiss(now, why, error) {
        if (error === void 0) error = transportError("probe error: " + why);
        const { leg } = this._candidate;
        this._candidate = undefined;
        this._port.endLeg(leg);
        this._port.tell("upgradeError", error);
        this._advance(now);
        this._probe(now);
    }
    /** Begins what can begin now. */ _advance(now) {
        const candidate = this._candidate;
        if (candidate && candidate.isProved) {
            if (this._leg !== undefined || this._isPosting) return;
            this._move(now, "5");
        } else if (this._leg === undefined && this.state === "open") {
            this._openLeg(now);
        }
        this._flush(now);
    }
    /** The leg on trial carries the session from now on. */ _move(now, packet) {
        const { leg, kind } = this._candidate;
        this._candidate = undefined;
        this._leg = leg;
        this.kind = kind;
        this._heard = now;
        this._port.write(leg, [
            packet
        ]);
        this._port.tell("upgrade", kind);
    }
    _flush(_now) {
        const outbox = this._outbox;
        if (this.state === "opening" || this.state === "closed" || this._isHeld()) return;
        const packets = outbox.take(Infinity, this.kind.duplex ? Infinity : this._maxPayload);
        outbox.confirm(outbox.sent);
        if (packets.length) {
            if (this.kind.duplex) {
                this._port.write(this._leg, packets);
            } else {
                this._isPosting = true;
                this._port.post(0, packets);
                return;
            }
        }
        if (this.state === "open") this._port.tell("drain");
        else this._end("forced close");
    }
    /** Something else than a packet has come: a captive portal's page, say. */ _reject(_now, packet) {
        this._end("parse error", this._misfit(packet));
    }
    _misfit(packet) {
        const shown = typeof packet === "string" ? JSON.stringify(packet.slice(0, 80)) : "binary data";
        const what = this.state === "opening" ? "handshake" : "packet";
        return transportError("not an Engine.IO 4 " + what + ": " + shown);
    }
    _end(reason, error) {
        if (this.state === "closed") return;
        if (this._candidate) this._port.endLeg(this._candidate.leg);
        if (this._leg !== undefined) this._port.endLeg(this._leg);
        this._candidate = this._leg = undefined;
        this._outbox = new Outbox();
        const isRefused = this.state === "opening" && error;
        this.state = "closed";
        if (isRefused) this._port.tell("error", error);
        else this._port.tell("close", reason, error);
    }
    _isCandidate(leg) {
        return !!this._candidate && this._candidate.leg === leg;
    }
    /** Whether nothing can go up now. */ _isHeld() {
        return this._isPosting || !!this._candidate && this._candidate.isProved;
    }
    _handleHandshake(now, packet) {
        let open;
        try {
            open = packet.charAt(0) === "0" && JSON.parse(packet.slice(1));
        } catch (_) {
        // Refused below.
        }
        const patience = open && open.pingInterval + open.pingTimeout;
        if (!open || !open.sid || typeof patience !== "number" || !(patience > 0)) {
            this._reject(now, packet);
            return;
        }
        this.sid = open.sid;
        this.state = "open";
        this._patience = patience;
        this._maxPayload = open.maxPayload > 0 ? open.maxPayload : Infinity;
        if (this._config.upgrade) this._upgrades = this._upgrades.concat(open.upgrades || []);
        this._port.opened(this, open)._begun(now);
    }
    _begun(now) {
        this._probe(now);
        // On other transports the handshake's own leg ends now, and that does it.
        if (this.kind.duplex && this._outbox.isWaiting()) this._flush(now);
    }
    constructor(_port, _config){
        this._port = _port;
        this._config = _config;
        this.state = "opening";
        this._newestLeg = -1;
        this._outbox = new Outbox();
        /** Names of the transports that the server can move to. */ this._upgrades = [];
        this._maxPayload = Infinity;
        this._heard = 0;
        this._isPosting = false;
        this.kind = _config.kinds[0];
        this._patience = _config.timeout;
    }
}

/**
 * What goes up by POST and has to arrive: one request at a time, made again until it is answered, at
 * once the first time and then after growing waits.
 */ class Upload {
    /** Whether a request can be made now. */ isReady() {
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
    /** No longer waits for the next request than until now. */ hurry(now) {
        if (!this.isUnderWay && this.due < Infinity) this.due = now;
    }
    constructor(){
        this.isUnderWay = false;
        /** Whether it carries a `1`. */ this.isLast = false;
        /** The number of the last message in it, 0 without. */ this.number = 0;
        /** When the request is given up, or the wait before the next is over. */ this.due = Infinity;
        /** Requests in vain since the last that was answered. */ this.failures = 0;
    }
}

/**
 * Milliseconds in which a leg has to show that it works, if the session's own timeout is not shorter. After
 * many failures Chromium waits up to 5 s before it connects a WebSocket at all.
 */ const LEG_TIMEOUT = 10000;
/** Milliseconds for which a leg has to carry something, so that its loss is nothing unusual. */ const SOUND = 10000;
/** Milliseconds for which a session that is closed tries to say so. */ const CLOSE_TIMEOUT = 10000;
/** What a duplex leg may bring until it is confirmed: messages, what they count in bytes, and milliseconds. */ const CONFIRM = {
    messages: 100,
    cost: 65536,
    after: 1000
};
/** How many times longer than between legs it may take until a transport that keeps breaking is tried again. */ const PATIENCE = 60;
/** How often in a row a leg may be lost, until a refusal for a newer one is the end. */ const REFUSALS = 4;
/** The uploads: of messages with a `1` behind them, of pongs, and of the `1` that answers the server's. */ const MESSAGES = 0;
const PONG = 1;
const ANSWER = 2;
/**
 * The client's side of a session that outlives its legs.
 *
 * ```text
 *              +----- 7M ----- proving <-- opened at once, ---+
 *              v               |    ^      or after a wait    |
 *   open:   attached           |    |                         |
 *              |               v    |                         |
 *              +--- lost --> detached ------------------------+---- 1, window passed ----> closed
 * ```
 *
 * A leg is proved by its first packet, `7M`. Packets go up a duplex leg that is proved, or by POST while
 * the session is not detached. Spec: PROTOCOL.md, Legs of a resume session.
 */ class Resume extends Session {
    isWritable() {
        return this.state === "open" && !this._outbox.isWaiting() && (this.kind.duplex ? this._isProved : !this._isDetached && this._uploads[MESSAGES].isReady());
    }
    deadline() {
        if (this.state === "closed") return Infinity;
        return Math.min(this._silentAt(), this._candidate ? this._candidate.until : Infinity, this._openAt, this._probeAt, this._confirmAt, this._resumeBy, this._closeBy, ...this._uploads.map((param)=>{
            let { due } = param;
            return due;
        }));
    }
    handleLost(now, leg, reason, error) {
        if (leg !== this._leg) {
            super.handleLost(now, leg, reason, error);
        } else if (this._hasLeft && error.context && error.context.code === 1000) {
            this._end("forced close");
        } else {
            this._lose(now, reason, error);
        }
    }
    handlePosted(now, post, error, text) {
        const upload = this._uploads[post];
        if (this.state === "closed" || !upload) return;
        const count = countOf(text || "");
        if (error && text === undefined) this._end("transport error", error);
        else if (/^\{"code":1\D/.test(text)) this._disappear(error);
        else if (count === undefined || this._confirm(count)) {
            if (!error && upload.number <= this._outbox.confirmed) {
                upload.succeed();
                if (upload.isLast) this._end("forced close");
            } else {
                upload.fail(now, this._config.wait);
                if (post === PONG) this._isPongDue = true;
                else if (!this.kind.duplex) this._outbox.rewind();
            }
            this._flush(now);
        }
    }
    handleTimeout(now) {
        if (this.state === "closed") return;
        if (now >= this._resumeBy) {
            this._disappear();
        } else if (now >= this._closeBy) {
            this._end("forced close");
        } else {
            if (now >= this._silentAt()) this._lose(now, "ping timeout", transportError("ping timeout"));
            if (this._candidate && now >= this._candidate.until) this._dismiss(now, "timeout");
            if (now >= this._openAt) this._openLeg(now);
            if (now >= this._probeAt) this._probeAgain(now);
            if (now >= this._confirmAt) this._tellCount();
            this._uploads.forEach((upload, post)=>{
                if (now < upload.due) return;
                if (!upload.isUnderWay) {
                    upload.due = Infinity;
                    this._flush(now);
                } else {
                    this._port.breakPost(post);
                    this.handlePosted(now, post, transportError("timeout"), "");
                }
            });
        }
    }
    handleWake(now) {
        if (this._openAt < Infinity) this._openAt = now;
        this._uploads.forEach((upload)=>upload.hurry(now));
        this.handleTimeout(now);
    }
    leave(now) {
        const outbox = this._outbox;
        const isAttached = this.kind.duplex && this._isProved;
        this.state = "closing";
        if (isAttached) this._flush(now);
        outbox.rewind();
        const seq = outbox.size() ? outbox.next() : undefined;
        this._port.postLast([
            ...outbox.take(Infinity, Infinity),
            CLOSE
        ], {
            recv: this._received,
            seq
        });
        this._end("transport close");
    }
    _openLeg(now) {
        this._heard = now;
        this._leg = ++this._newestLeg;
        const wait = this._isDetached && !this.kind.duplex ? 0 : undefined;
        this._attach(now, this._isDetached || this.kind.duplex);
        this._port.openLeg(this._leg, this.kind, this.sid, {
            leg: this._leg,
            recv: this._received,
            wait
        });
    }
    /** A binary message counts a type too, so that what may travel one transport may travel all. */ _measure(packet) {
        return sizeOf(packet) + (typeof packet === "string" ? 0 : 1);
    }
    _take(now, packet) {
        const count = countOf(packet);
        const isText = typeof packet === "string";
        if (count !== undefined) {
            if (!this._confirm(count)) return;
            if (!this._isProved) this._prove(now);
            this._flush(now);
        } else if (isText && packet.charAt(0) === CLOSE) {
            this._handleClose(now, packet);
        } else if (!this._isProved) {
            this._reject(now, packet);
        } else {
            if (!isText || packet.charAt(0) === "4") this._count(now, packet);
            super._take(now, packet);
        }
    }
    _answerPing(now) {
        this._isPongDue = true;
        this._flush(now);
    }
    _sayGoodbye(now) {
        this.state = "closing";
        this._closeBy = now + CLOSE_TIMEOUT;
    }
    /** What is no packet of a server's has come from somewhere on the way, as long as the leg is not proved. */ _reject(now, packet) {
        if (this._isProved) super._reject(now, packet);
        else this._lose(now, "parse error", this._misfit(packet));
    }
    _dismiss(now, why, error) {
        super._dismiss(now, why, error);
        this._flaps++;
        this._probeLater(now);
    }
    _advance(now) {
        const { _candidate } = this;
        if (_candidate && _candidate.isProved) {
            this._former = this._leg;
            this._attach(now, true);
            this._move(now, "5" + ++this._newestLeg + "," + this._received);
            this._better = this.kind;
        } else if (this._leg === undefined && this.state === "open" && !this._isDetached) {
            this._openLeg(now);
        }
        this._flush(now);
    }
    _flush(now) {
        const { duplex } = this.kind;
        if (this.state === "closed") return;
        if (duplex && this._isProved) this._flushUp();
        else if (!duplex && !this._isDetached) this._flushByPost(now);
        if (this.isWritable()) this._port.tell("drain");
    }
    _end(reason, error) {
        this._letGo();
        super._end(reason, error);
    }
    /** Puts on the leg what it can have. */ _flushUp() {
        const outbox = this._outbox;
        const number = outbox.next();
        const packets = outbox.take(this._limit, Infinity);
        if (packets.length && !this._isNumbered) {
            this._isNumbered = true;
            packets.unshift("8" + number);
        }
        if (this._isPongDue) packets.push("3");
        if (this.state === "closing" && !outbox.isWaiting() && !this._hasLeft) {
            this._hasLeft = true;
            packets.push(CLOSE);
        }
        this._isPongDue = false;
        if (packets.length) this._port.write(this._leg, packets);
    }
    _flushByPost(now) {
        const outbox = this._outbox;
        const [messages, pong] = this._uploads;
        const until = now + this._open.pingTimeout;
        if (messages.isReady()) {
            const seq = outbox.next();
            // Where connections break after so many bytes, smaller bodies pass.
            const packets = outbox.take(this._limit, this._maxPayload / Math.pow(4, messages.failures));
            const number = packets.length ? outbox.next() - 1 : 0;
            const isLast = this.state === "closing" && !outbox.isWaiting();
            if (isLast) packets.push(CLOSE);
            if (packets.length) {
                messages.begin(until, number, isLast);
                this._port.post(MESSAGES, packets, {
                    recv: this._received,
                    seq: number ? seq : undefined
                });
            }
        }
        if (this._isPongDue && pong.isReady()) {
            this._isPongDue = false;
            pong.begin(until, 0);
            this._port.post(PONG, [
                "3"
            ], {
                recv: this._received
            });
        }
    }
    /** Takes what the server says that it has. More than there was is no count of ours. */ _confirm(count) {
        if (count > this._outbox.confirmed) this._losses = 0;
        const isKnown = this._outbox.confirm(count);
        if (!isKnown) this._end("parse error", transportError("a count that can not be: " + count));
        return isKnown;
    }
    /** A message has come. */ _count(now, packet) {
        this._received++;
        this._losses = 0;
        if (!this.kind.duplex) return;
        this._untold += costOf([
            packet
        ]);
        const most = Math.min(CONFIRM.cost, this._limit / 4);
        if (this._received - this._told >= CONFIRM.messages || this._untold >= most) this._tellCount();
        else this._confirmAt = Math.min(this._confirmAt, now + CONFIRM.after);
    }
    _tellCount() {
        this._port.write(this._leg, [
            "7" + this._received
        ]);
        this._remember();
    }
    /** The server knows how many messages have come, or is about to. */ _remember() {
        this._told = this._received;
        this._untold = 0;
        this._confirmAt = Infinity;
    }
    /** A leg is opened that has this side's count in its query, or in its first packet. */ _attach(now, isTrial) {
        this._isProved = this._isNumbered = this._hasLeft = false;
        this._since = now;
        this._openAt = Infinity;
        this._proveBy = isTrial ? now + Math.min(this._config.timeout, LEG_TIMEOUT) : Infinity;
        this._remember();
    }
    /** The leg has brought its first packet. */ _prove(now) {
        const { kind } = this;
        this._isProved = true;
        this._proveBy = Infinity;
        this._letGo();
        if (kind.duplex) {
            this._outbox.rewind();
        } else {
            if (!this._isDetached) this._losses = 0;
            if (!this._candidate && this._probeAt === Infinity) this._probeLater(now);
        }
        if (!this._isDetached) return;
        this._isDetached = false;
        this._resumeBy = Infinity;
        this._port.tell("resume", {
            sent: this._outbox.size(),
            received: this._received
        });
    }
    /** When the leg is given up, if it brings nothing. */ _silentAt() {
        return this._leg === undefined ? Infinity : this._proveBy < Infinity ? this._proveBy : this._heard + this._patience;
    }
    /** The leg is lost, and another is opened: at once, or after a wait if that was so before. */ _lose(now, reason, error) {
        const { kind } = this;
        const wasProved = this._isProved;
        const isTrial = this._proveBy < Infinity;
        this._letGo();
        this._port.endLeg(this._leg);
        this._leg = undefined;
        this._isProved = false;
        this._proveBy = this._confirmAt = this._probeAt = Infinity;
        // What is left to say goes up by itself.
        if (this.state === "closing" && !kind.duplex && !this._isDetached) return;
        this._outbox.rewind();
        // A try of a session without a leg says nothing of the transport: the network may be gone.
        if (kind.duplex && !this._isDetached) this._flaps = this._heard - this._since < SOUND ? this._flaps + 1 : 0;
        if (now - this._since >= SOUND && !isTrial) this._losses = 0;
        this._openAt = now + (this._losses ? this._config.wait(this._losses - 1) : 0);
        this._losses++;
        if (kind.duplex ? !wasProved || this._flaps > 1 : this._losses > 2) this.kind = this._other();
        if (!this._isDetached) {
            this._isDetached = true;
            this._resumeBy = now + this._window;
            this._port.tell("detach", reason, error);
        }
        if (now >= this._openAt) this._openLeg(now);
    }
    /** The transport to try when the one of now keeps failing. */ _other() {
        const offered = this._offered;
        const others = this._config.kinds.filter((kind)=>kind !== this.kind && (!kind.duplex || kind === this._better) && (!offered.length || offered.indexOf(kind.name) >= 0));
        return others[0] || this.kind;
    }
    _probeLater(now) {
        if (this._better && this._config.upgrade) this._probeAt = now + this._config.wait(this._flaps, PATIENCE);
    }
    _probeAgain(now) {
        this._probeAt = Infinity;
        this._upgrades = [
            this._better.name
        ];
        this._probe(now);
    }
    /** Ends what is left of the leg before. */ _letGo() {
        if (this._former !== undefined) this._port.endLeg(this._former);
        this._former = undefined;
    }
    /** The server ends the leg, or the session, and says why. */ _handleClose(now, packet) {
        let about;
        try {
            about = JSON.parse(packet.slice(1) || "{}");
        } catch (_) {
        // Rejected below.
        }
        if (!about) {
            this._reject(now, packet);
            return;
        }
        const { code, message } = about;
        const error = transportError(message || "closed by the server", code);
        // Who is refused ever again shares the session with somebody.
        if (code === 1 || code === 409 && this._losses > REFUSALS) {
            this._disappear(error);
        } else if (code === 3 || code === 409) {
            this._lose(now, "transport error", error);
        } else {
            const recv = this._received;
            const isPolling = !this.kind.duplex;
            this._end(this.state === "closing" ? "forced close" : "transport close", error);
            if (isPolling) this._port.post(ANSWER, [
                CLOSE
            ], {
                recv
            });
        }
    }
    /** The server has no such session any more. */ _disappear(error) {
        this._end(this.state === "closing" ? "forced close" : "session gone", error);
    }
    /** Takes over from the session that was asked for, with what the server has answered. */ constructor(session, _open){
        super(session._port, session._config), this._open = _open, /** The session's leg has brought its `7`. */ this._isProved = true, /** It has an `8`, or needs none. */ this._isNumbered = true, /** It has a `1`. */ this._hasLeft = false, this._since = 0, /** A leg was lost, and none is proved since. */ this._isDetached = false, /** Legs lost since the last that was of use. */ this._losses = 0, /** Duplex legs in a row that were of no use. */ this._flaps = 0, this._isPongDue = false, this._uploads = [
            new Upload(),
            new Upload()
        ], /** Messages taken. */ this._received = 0, /** How many of them the server knows of, and what the others count in bytes. */ this._told = 0, this._untold = 0, /** When things are due. */ this._proveBy = Infinity, this._openAt = Infinity, this._probeAt = Infinity, this._confirmAt = Infinity, this._resumeBy = Infinity, this._closeBy = Infinity;
        const { window, buffer } = _open.resume;
        this._window = window > 0 ? window : Infinity;
        this._limit = buffer > 0 ? buffer : Infinity;
        Object.keys(session).forEach((key)=>{
            this[key] = session[key];
        });
        this._since = this._heard;
        if (this.kind.duplex) this._better = this.kind;
        this._offered = [].concat(_open.transports || []);
        if (this._config.upgrade) this._upgrades = this._upgrades.concat(this._offered);
    }
}
/** The count of a `7`. */ function countOf(packet) {
    return typeof packet === "string" && /^7(0|[1-9]\d*)$/.test(packet) ? +packet.slice(1) : undefined;
}

/** Names of packets, by type, as the event `packet` tells them. */ const TYPES = [
    "open",
    "close",
    "ping",
    "pong",
    "message",
    "upgrade",
    "noop",
    "ack"
];
/** What a session that can resume says in a query. There an application can have nothing of the name. */ const NUMBERS = [
    "leg",
    "recv",
    "seq",
    "wait"
];
/** Bytes. */ const MAX_BUFFER = 8 * 1024 * 1024;
/** Milliseconds; timers take no more than 2^31. */ const LONGEST_TIMER = 2e9;
/** Makes the addresses of two requests at the same time differ. */ let requests = 0;
/** Whether the last session in this page moved to a better transport. */ let hasUpgraded = false;
/**
 * Carries a session: opens its legs, keeps its time, tells its story.
 *
 * Events: `open`, `message`, `packet`, `packetCreate`, `drain`, `ping`, `upgrading`, `upgrade`,
 * `upgradeError`, `detach`, `resume`, `error`, and at last `close` with a reason.
 */ class Engine extends Emitter {
    /** Asks for a session, on the first of the transports that are left. */ _begin() {
        const kinds = this._transports;
        const now = this._now();
        const { maxBuffer = MAX_BUFFER, upgrade } = this._options;
        // A leg of the session before may have something to tell yet, and has the number of one of these.
        this._legs = {};
        this._session = new Session(this, {
            kinds,
            upgrade: upgrade !== false,
            timeout: this._until - now,
            maxBuffer,
            wait: (attempts, patience)=>backoff(attempts, this._settings, patience)
        });
        if (kinds[0]) {
            this.transport = kinds[0];
            this._tell(()=>this._session.begin(now));
        } else {
            this._session.state = "closed";
            this._timer = this._clock.set(()=>this.tell("error", transportError("no transport works here")), 0);
        }
    }
    /** Sends a message. Throws where it is too large, or too much waits, or U+001E is in it. */ send(data) {
        // It would fall apart in a body.
        if (typeof data === "string" && data.indexOf("\x1e") >= 0) throw new Error("encke: a message with U+001E in it");
        this._admit([
            data
        ]);
        return this._sendAll([
            data
        ]);
    }
    /** Throws where messages can not be sent now. */ _admit(messages) {
        this._session.admit(messages.map(toPacket));
    }
    /** Sends messages, in one POST if it must be one. */ _sendAll(messages) {
        messages.forEach((data)=>this.emit("packetCreate", {
                type: "message",
                data
            }));
        return this._tell((now)=>this._session.send(now, messages.map(toPacket)));
    }
    /** Ends the session when all is sent. */ close() {
        return this._tell((now)=>this._session.close(now));
    }
    /** Whether what is sent now leaves at once. */ _isWritable() {
        return this._session.isWritable();
    }
    /** Looks at the clock, for which the timer may be late: timers do not run while a machine sleeps. */ _check() {
        this._due = Infinity;
        this._tell((now)=>this._session.handleTimeout(now));
    }
    openLeg(leg, kind, sid, numbers) {
        const legs = this._legs;
        const tell = (happen, isLast)=>{
            if (!legs[leg]) return;
            if (isLast) delete legs[leg];
            this._tell(happen);
        };
        // A leg may tell before it is known here.
        legs[leg] = {
            close () {}
        };
        const opened = kind.open(this._link(kind, sid, numbers), {
            opened: ()=>tell(()=>this._session.handleOpened(leg)),
            packet: (received)=>tell((now)=>{
                    this._observe(received);
                    this._session.handlePacket(now, leg, received);
                }),
            ended: ()=>tell((now)=>this._session.handleEnd(now, leg), true),
            lost: (reason, error)=>tell((now)=>this._session.handleLost(now, leg, reason, error), true)
        });
        if (legs[leg]) legs[leg] = opened;
    }
    write(leg, packets) {
        this._legs[leg].send(packets);
    }
    post(upload, packets, numbers) {
        const { kind } = this._session;
        this._posts[upload] = kind.post(this._link(kind, this.id, numbers), packets, (error, text)=>this._tell((now)=>this._session.handlePosted(now, upload, error, text)));
    }
    breakPost(upload) {
        this._posts[upload]();
    }
    postLast(packets, numbers) {
        // Any will do, chosen or not: an engine may drop what a page writes on a WebSocket as it goes.
        const transport = this._transports.concat(this._known).filter((param)=>{
            let { farewell } = param;
            return farewell;
        })[0];
        if (transport) transport.farewell(this._link(transport, this.id, numbers), packets);
    }
    opened(session, open) {
        this._session = open.resume ? new Resume(session, open) : session;
        this.tell("open");
        return this._session;
    }
    endLeg(leg) {
        const ended = this._legs[leg];
        delete this._legs[leg];
        if (ended) ended.close();
    }
    tell(event, about, error) {
        const { sid, state, kind } = this._session;
        this.id = sid;
        if (event === "error") {
            hasUpgraded = false;
            about = this._firstError = this._firstError || about;
            const isWorthIt = this._transports.length > 1 && this._now() < this._until;
            if (isWorthIt && this._options.tryAllTransports !== false) {
                this._transports.shift();
                this._begin();
                return;
            }
        }
        this.transport = kind || this.transport;
        this.readyState = state;
        if (event === "upgrade") hasUpgraded = true;
        if (state === "closed") {
            for(const post in this._posts)this._posts[post]();
            this._clock.clear(this._timer);
            this._undo.forEach((undo)=>undo());
        }
        this.emit(event, about, error);
        if (event === "error") this.emit("close", "transport error", about);
    }
    /** Does something with the session, and sees to it that it is called when it wants to be. */ _tell(happen) {
        const clock = this._clock;
        guard(()=>happen(this._now()));
        const due = this._session.deadline();
        if (due < this._due) {
            clock.clear(this._timer);
            this._due = due;
            this._timer = clock.set(()=>this._check(), Math.min(due - this._now(), LONGEST_TIMER));
        }
        return this;
    }
    /** The time, which never goes back. */ _now() {
        const now = this._clock.now();
        this._ahead = Math.max(this._ahead, this._time - now);
        return this._time = now + this._ahead;
    }
    _wake() {
        this._due = Infinity;
        this._tell((now)=>this._session.handleWake(now));
    }
    _observe(packet) {
        if (packet === "2") this.emit("ping");
        if (!this.hasListeners("packet")) return;
        const isText = typeof packet === "string";
        this.emit("packet", {
            type: isText ? TYPES[+packet.charAt(0)] : "message",
            data: isText ? packet.slice(1) : packet
        });
    }
    _leave() {
        this._tell((now)=>this._session.leave(now));
    }
    _link(param, sid, numbers) {
        let { name } = param;
        const options = this._options;
        const query = {};
        const given = options.query || this._address.query;
        for(const key in given)query[key] = given[key];
        query.EIO = 4;
        query.transport = name;
        query.sid = sid;
        if (!sid) query.encke = 1;
        const isNumbered = this._session instanceof Resume;
        if (isNumbered) NUMBERS.forEach((number)=>query[number] = numbers && numbers[number]);
        if (options.timestampRequests !== false) {
            query[options.timestampParam || "t"] = (this._clock.now() + requests++).toString(36);
        }
        const path = (options.path || "/socket.io").replace(/\/$/, "") + (options.addTrailingSlash === false ? "" : "/");
        return {
            url: this._address.origin + path + "?" + formatQuery(query),
            options,
            taken: isNumbered ? /^7\d+$/ : /^ok$/i
        };
    }
    constructor(_address, _options, _known, _settings){
        super(), this._address = _address, this._options = _options, this._known = _known, this._settings = _settings, this.readyState = "opening", this._posts = {}, /** What the timer is set to, in the session's time. */ this._due = Infinity, /** The session's time, and how far it is ahead of the clock, which may have been put back. */ this._time = 0, this._ahead = 0;
        this._clock = _options.clock || systemClock;
        const { timeout } = _settings;
        this._until = timeout === false ? Infinity : this._now() + timeout;
        this._transports = choose(_known, _options);
        this._undo = [
            onWake(()=>this._wake()),
            onLeave(()=>this._leave())
        ];
    }
}
/** A message as a packet. */ function toPacket(data) {
    return typeof data === "string" ? "4" + data : data;
}
/** The transports that the options name and that can run here. */ function choose(known, options) {
    const chosen = [];
    (options.transports || known).forEach((wanted)=>{
        const transport = typeof wanted === "string" ? known.filter((param)=>{
            let { name } = param;
            return name === wanted;
        })[0] : wanted;
        if (transport && transport.isSupported(options)) chosen.push(transport);
    });
    // Where sorting is not stable it does not matter: there is one duplex transport at most.
    return options.rememberUpgrade && hasUpgraded ? chosen.sort((a, b)=>+b.duplex - +a.duplex) : chosen;
}

/** Whose listeners hear every event that comes, and every one that leaves. */ const INCOMING = "<";
const OUTGOING = ">";
/** A namespace of a server, as the application sees it. */ class Socket extends Emitter {
    get disconnected() {
        return !this.connected;
    }
    /** Whether it is connected, or will be as soon as the server can be reached. */ get active() {
        return this._isActive;
    }
    /** Marks the next event as one that is dropped if it can not leave at once. */ get volatile() {
        this._flags.volatile = true;
        return this;
    }
    /** Takes what Socket.IO's client takes. Whether messages are compressed is up to the transport. */ compress(_value) {
        return this;
    }
    /** Gives the next event's ack an error if no answer comes within `milliseconds`. */ timeout(milliseconds) {
        this._flags.timeout = milliseconds;
        return this;
    }
    /** Joins the namespace, and connects to the server if that is not done yet. */ connect() {
        const { io } = this;
        if (this.connected || this._isActive && io._readyState === "open") return this;
        this._isActive = true;
        if (!io._reconnecting) io.open();
        if (io._readyState === "open") this._join();
        return this;
    }
    /** As `connect`. */ open() {
        return this.connect();
    }
    /** Leaves the namespace; the last socket of a connection ends it. */ disconnect() {
        if (this.connected) this._send({
            type: DISCONNECT
        });
        const wasConnected = this.connected;
        this._leave();
        if (wasConnected) this._closed("io client disconnect");
        return this;
    }
    /** As `disconnect`. */ close() {
        return this.disconnect();
    }
    /** Emits the event `message`. */ send() {
        for(var _len = arguments.length, args = new Array(_len), _key = 0; _key < _len; _key++){
            args[_key] = arguments[_key];
        }
        return this.emit("message", ...args);
    }
    /**
   * Sends an event. A function as the last argument is called with the answer.
   *
   * Throws for names that have a meaning of their own, for data that JSON does not know, such as cycles,
   * and while it is connected for an event that is larger than the server takes, or for which there is no
   * room in `maxBuffer`.
   */ emit(event) {
        for(var _len = arguments.length, args = new Array(_len > 1 ? _len - 1 : 0), _key = 1; _key < _len; _key++){
            args[_key - 1] = arguments[_key];
        }
        const flags = this._flags;
        this._flags = {};
        if (RESERVED.test(event)) throw new Error('"' + event + '" is a reserved event name');
        const data = [
            event,
            ...args
        ];
        if (this._options.retries && !flags.isRetry && !flags.volatile) {
            this._retry(data, flags);
            return this;
        }
        let ack;
        if (typeof data[data.length - 1] === "function") ack = data.pop();
        const id = ack && this._nextId++;
        const unsent = {
            id,
            data,
            _packets: encode({
                type: EVENT,
                nsp: this.nsp,
                id,
                data
            })
        };
        const { engine } = this.io;
        // Silence that no timer has noticed, since the page slept.
        if (this.connected) engine._check();
        if (this.connected && !flags.isRetry) engine._admit(unsent._packets);
        // Also of an event that is dropped: that no answer comes is what its ack is to hear.
        if (ack) this._expect(id, ack, flags.timeout === undefined ? this._options.ackTimeout : flags.timeout);
        if (flags.volatile && !(this.connected && engine._isWritable())) return this;
        if (this.connected) this._emitNow(unsent);
        else this.sendBuffer.push(unsent);
        return this;
    }
    /** Sends an event and gives a promise of the answer, which is broken by a timeout or a disconnect. */ emitWithAck(event) {
        for(var _len = arguments.length, args = new Array(_len > 1 ? _len - 1 : 0), _key = 1; _key < _len; _key++){
            args[_key - 1] = arguments[_key];
        }
        const { Promise } = root;
        if (!Promise) throw new Error("encke: emitWithAck needs Promise, which this browser does not have");
        return new Promise((resolve, reject)=>{
            const ack = (error, answer)=>error ? reject(error) : resolve(answer);
            ack._withError = true;
            this.emit(event, ...[
                ...args,
                ack
            ]);
        });
    }
    /** Hears every event that comes, before its own listeners do. */ onAny(listener) {
        return this._add(INCOMING, listener);
    }
    /** As `onAny`, before the others. */ prependAny(listener) {
        return this._add(INCOMING, listener, true);
    }
    /** Forgets one of `onAny`, or all. */ offAny(listener) {
        return this._remove(INCOMING, listener);
    }
    listenersAny() {
        return this._list(INCOMING);
    }
    /** Hears every event that leaves. */ onAnyOutgoing(listener) {
        return this._add(OUTGOING, listener);
    }
    /** As `onAnyOutgoing`, before the others. */ prependAnyOutgoing(listener) {
        return this._add(OUTGOING, listener, true);
    }
    /** Forgets one of `onAnyOutgoing`, or all. */ offAnyOutgoing(listener) {
        return this._remove(OUTGOING, listener);
    }
    listenersAnyOutgoing() {
        return this._list(OUTGOING);
    }
    /** The connection is there: asks to be let in. */ _join() {
        const { auth, io } = this;
        const { engine } = io;
        const give = (data)=>{
            // The answer may come late, when the connection is another.
            const isAsked = this._joining && this._joining.engine === engine;
            if (engine !== io.engine || isAsked || !this._isActive || this.connected) return;
            this._joining = {
                engine
            };
            const credentials = this._pid ? {
                pid: this._pid,
                offset: this._offset
            } : undefined;
            this._send({
                type: CONNECT,
                data: credentials ? copy(data, credentials) : data || undefined
            });
        };
        if (typeof auth === "function") guard(()=>auth(give));
        else give(auth);
    }
    /** The connection could not be made. */ _refused(error) {
        if (!this.connected) this._fire("$connect_error", [
            error
        ]);
    }
    /** The connection is lost, or the namespace left. */ _closed(reason, error) {
        const wasConnected = this.connected;
        this.connected = false;
        this.id = undefined;
        if (wasConnected) this._fire("$disconnect", [
            reason,
            error
        ]);
        else if (this._isActive && reason !== "forced close") this._refused(error || new Error(reason));
        for(const id in this._acks){
            if (this.sendBuffer.some((unsent)=>unsent.id === +id)) continue;
            const ack = this._acks[id];
            delete this._acks[id];
            // The others have no place for an error.
            if (ack._withError) guard(()=>ack.call(this, new Error("socket has been disconnected")));
        }
    }
    /** A packet of this namespace has come. */ _receive(param) {
        let { type, data, id } = param;
        if (type === CONNECT || type === CONNECT_ERROR) {
            const isStale = this._joining && this._joining.isStale;
            this._joining = undefined;
            if (isStale) {
                // It was left before the server had let it in, and could not say so then.
                if (type === CONNECT) this._send({
                    type: DISCONNECT
                });
                if (this._isActive) this._join();
                return;
            }
        }
        if (!this._isActive) return;
        switch(type){
            case CONNECT:
                if (data && data.sid) this._connected(data.sid, data.pid);
                else this._refused(new Error("the server speaks an older protocol, that of Socket.IO 2"));
                break;
            case EVENT:
                if (id !== undefined) data.push(this._answer(id));
                if (this.connected) this._dispatch(data);
                else this.receiveBuffer.push(data);
                break;
            case ACK:
                {
                    const ack = this._acks[id];
                    delete this._acks[id];
                    if (ack) guard(()=>ack.apply(this, ack._withError ? [
                            null,
                            ...data
                        ] : data));
                    break;
                }
            case DISCONNECT:
                this._leave();
                this._closed("io server disconnect");
                break;
            case CONNECT_ERROR:
                {
                    if (this.connected) {
                        // Of what it has let in a server says something else.
                        this._leave();
                        this._closed("parse error");
                        break;
                    }
                    const error = new Error(typeof data === "string" ? data : data.message || "refused");
                    error.data = data.data;
                    this._leave();
                    this._refused(error);
                }
        }
    }
    _connected(id, pid) {
        this.id = id;
        this.recovered = !!pid && pid === this._pid;
        this._pid = pid;
        this.connected = true;
        const { receiveBuffer, sendBuffer } = this;
        this.receiveBuffer = [];
        this.sendBuffer = [];
        receiveBuffer.forEach((data)=>this._dispatch(data));
        sendBuffer.forEach((unsent)=>guard(()=>{
                this.io.engine._admit(unsent._packets);
                this._emitNow(unsent);
            }));
        this._drain();
        if (!this.connected) return;
        if (DEV) this._inConnect = this._hasConnected;
        this._hasConnected = true;
        this._fire("$connect", []);
        if (DEV) this._inConnect = false;
    }
    _dispatch(data) {
        this._fire(INCOMING, data);
        this._fire("$" + data[0], data.slice(1));
        const last = data[data.length - 1];
        if (this._pid && typeof last === "string") this._offset = last;
    }
    _emitNow(param) {
        let { data, _packets } = param;
        // A listener may leave.
        if (this.connected) this._fire(OUTGOING, data);
        if (this.connected) this.io._write(_packets);
    }
    _send(param) {
        let { type, data, id } = param;
        this.io._write(encode({
            type,
            nsp: this.nsp,
            data,
            id
        }));
    }
    /** The function that answers an event, once. */ _answer(id) {
        var _this = this;
        let engine = this.io.engine;
        return function() {
            for(var _len = arguments.length, data = new Array(_len), _key = 0; _key < _len; _key++){
                data[_key] = arguments[_key];
            }
            // The number means nothing on another connection, and the server ends one that answers where it has left.
            if (engine !== _this.io.engine || !_this.connected) return;
            const packets = encode({
                type: ACK,
                nsp: _this.nsp,
                id,
                data
            });
            engine._admit(packets);
            engine = undefined;
            _this.io._write(packets);
        };
    }
    _expect(id, ack, milliseconds) {
        var _this = this;
        const { _clock } = this.io;
        if (milliseconds === undefined) {
            this._acks[id] = ack;
            return;
        }
        const timer = _clock.set(()=>{
            delete this._acks[id];
            this.sendBuffer = this.sendBuffer.filter((unsent)=>unsent.id !== id);
            ack.call(this, new Error("operation has timed out"));
        }, milliseconds);
        const answered = function() {
            for(var _len = arguments.length, args = new Array(_len), _key = 0; _key < _len; _key++){
                args[_key] = arguments[_key];
            }
            _clock.clear(timer);
            ack.apply(_this, args);
        };
        answered._withError = true;
        this._acks[id] = answered;
    }
    _retry(args, flags) {
        var _this = this;
        const ack = typeof args[args.length - 1] === "function" ? args.pop() : undefined;
        // What can not be sent is an error here, and not where it would hold up all that wait behind it.
        const packets = encode({
            type: EVENT,
            nsp: this.nsp,
            data: args
        });
        if (this.connected) this.io.engine._admit(packets);
        const retried = {
            args,
            flags,
            tries: 0,
            isPending: false
        };
        args.push(function(error) {
            for(var _len = arguments.length, answer = new Array(_len > 1 ? _len - 1 : 0), _key = 1; _key < _len; _key++){
                answer[_key - 1] = arguments[_key];
            }
            if (!error || retried.tries > _this._options.retries) {
                _this._queue.shift();
                if (ack) guard(()=>ack(error, ...answer));
            }
            retried.isPending = false;
            _this._drain();
        });
        args[args.length - 1]._withError = flags.isRetry = true;
        this._queue.push(retried);
        this._drain();
    }
    /** Sends the first of the events that wait for each other, once more if it is to be. */ _drain() {
        const next = this._queue[0];
        if (!next || !this.connected || next.isPending) return;
        next.isPending = true;
        next.tries++;
        this._flags = next.flags;
        this.emit.apply(this, next.args);
    }
    _leave() {
        this._isActive = false;
        if (this._joining) this._joining.isStale = true;
        this.io._left();
    }
    constructor(/** Its connection. */ io, /** Its namespace. */ nsp, _options = {}){
        super(), this.io = io, this.nsp = nsp, this._options = _options, /** Whether the server has let it in, and nothing has ended that. */ this.connected = false, /** Whether what was lost went on with nothing missing: the connection, or before the last connect another. */ this.recovered = false, /** Events that came before the connect was confirmed. */ this.receiveBuffer = [], /** Events that wait for a connect. */ this.sendBuffer = [], this._isActive = false, this._hasConnected = false, this._flags = {}, this._nextId = 0, this._acks = {}, this._queue = [];
        this.auth = _options.auth;
        if (io._autoConnect) this.connect();
    }
}
function copy(from, to) {
    for(const key in from)to[key] = from[key];
    return to;
}

const DEFAULTS = {
    reconnection: true,
    reconnectionAttempts: Infinity,
    reconnectionDelay: 1000,
    reconnectionDelayMax: 5000,
    randomizationFactor: undefined,
    timeout: 20000
};
/**
 * A connection to a server, shared by the sockets of all its namespaces, and made again when it is lost.
 *
 * Events: `open`, `close`, `error`, `ping`, `reconnect_attempt`, `reconnect`, `reconnect_error`,
 * `reconnect_failed`.
 */ let Manager$1 = class Manager extends Emitter {
    /** Connects, if it is not connected or about to be. `done` hears once how that went. */ open(done) {
        if (this._readyState !== "closed") return this;
        if (this._retry) {
            this._retry(done);
            return this;
        }
        this._readyState = "opening";
        this._isDismissed = false;
        const engine = this.engine = new Engine(this._address, this.opts, this._known || [], this._settings);
        this._decoder = new Decoder(this.opts.maxAttachments || MAX_ATTACHMENTS);
        engine.on("open", ()=>{
            this._readyState = "open";
            this._eachSocket((socket)=>socket._join());
            this.emit("open");
            if (done) done();
        }).on("error", (error)=>{
            // It may be told a moment late, when the application has left or tries again.
            if (engine !== this.engine || this._readyState !== "opening") return;
            this._readyState = "closed";
            this._eachSocket((socket)=>socket._refused(error));
            this.emit("error", error);
            if (done) done(error);
            else if (!this._reconnecting && this._settings.reconnection) this._reconnect();
        }).on("ping", ()=>this.emit("ping")).on("resume", ()=>this._eachSocket((socket)=>{
                if (socket.connected) socket.recovered = true;
            })).on("message", (data)=>{
            // A connection that was given up may have something to tell yet.
            if (engine === this.engine && this._readyState === "open") this._receive(data);
        }).on("close", (reason, error)=>{
            if (engine === this.engine && this._readyState !== "closed") this._closed(reason, error);
        });
        engine._begin();
        return this;
    }
    /** As `open`. */ connect(done) {
        return this.open(done);
    }
    /** The socket of a namespace. */ socket(nsp, options) {
        const known = this.nsps[nsp];
        if (!known) return this.nsps[nsp] = new Socket(this, nsp, options);
        if (this._autoConnect && !known.active) known.connect();
        return known;
    }
    /** Ends the connection, and makes none again until it is asked to. */ disconnect() {
        this._isDismissed = true;
        this._stopWaiting();
        if (this._readyState !== "closed") this._closed("forced close");
    }
    /** A socket left its namespace; the last one ends the connection. */ _left() {
        let isActive = false;
        this._eachSocket((socket)=>{
            isActive = isActive || socket.active;
        });
        if (!isActive) this.disconnect();
    }
    /** Sends a packet of Socket.IO, which is one message or several. */ _write(messages) {
        if (this._readyState === "open") this.engine._sendAll(messages);
    }
    _receive(data) {
        let packet;
        try {
            packet = this._decoder.add(data);
        } catch (error) {
            this._closed("parse error", error);
            return;
        }
        // A name from the network is looked up among those of this page only.
        if (packet && Object.prototype.hasOwnProperty.call(this.nsps, packet.nsp)) this.nsps[packet.nsp]._receive(packet);
    }
    _closed(reason, error) {
        this._readyState = "closed";
        this._reconnecting = false;
        this._attempts = 0;
        this.engine.close();
        this._eachSocket((socket)=>socket._closed(reason, error));
        this.emit("close", reason, error);
        if (this._settings.reconnection) this._reconnect();
    }
    _reconnect() {
        if (this._reconnecting || this._isDismissed) return;
        const settings = this._settings;
        if (this._attempts >= settings.reconnectionAttempts) {
            this._attempts = 0;
            this.emit("reconnect_failed");
            return;
        }
        this._reconnecting = true;
        const retry = this._retry = (done)=>{
            this._stopWaiting();
            this._reconnecting = true;
            const attempt = this._attempts;
            this.emit("reconnect_attempt", attempt);
            // A listener may have changed its mind.
            if (this._isDismissed) return;
            this.open((error)=>{
                this._reconnecting = false;
                if (error) {
                    this._reconnect();
                    this.emit("reconnect_error", error);
                } else {
                    this._attempts = 0;
                    this.emit("reconnect", attempt);
                }
                if (done) done(error);
            });
        };
        this._timer = this._clock.set(()=>retry(), backoff(this._attempts++, settings));
        this._stopWaking = onWake(()=>retry());
    }
    _stopWaiting() {
        this._clock.clear(this._timer);
        if (this._stopWaking) this._stopWaking();
        this._stopWaking = this._retry = undefined;
        this._reconnecting = false;
    }
    _eachSocket(call) {
        for(const nsp in this.nsps)if (this.nsps[nsp].active) call(this.nsps[nsp]);
    }
    constructor(uri, options, _known){
        super(), this._known = _known, /** The sockets, by namespace. */ this.nsps = {}, this._readyState = "closed", /** Waiting for the next try, or trying. */ this._reconnecting = false, /** Tries since the last success. */ this._attempts = 0, this._settings = {}, /** The application does not want to be connected. */ this._isDismissed = false;
        if (uri && typeof uri === "object") {
            options = uri;
            uri = undefined;
        }
        const opts = this.opts = options || {};
        if (opts.parser) throw new Error("encke: a parser of your own is not supported; only Socket.IO's JSON is spoken");
        this.uri = uri;
        this._address = parseAddress(this.uri);
        this._clock = opts.clock || systemClock;
        for(const name in DEFAULTS){
            const given = opts[name];
            const standard = DEFAULTS[name];
            // A limit of 0 would be none.
            this._settings[name] = given === undefined || given === 0 && standard ? standard : given;
        }
        this._autoConnect = opts.autoConnect !== false;
        if (this._autoConnect) this.open();
    }
};
Object.keys(DEFAULTS).forEach((name)=>{
    Manager$1.prototype[name] = function(value) {
        if (value === undefined) return this._settings[name];
        this._settings[name] = value;
        if (!this._settings.reconnection) this._stopWaiting();
        return this;
    };
});

/**
 * Makes an `io` that has these transports and no others, so that a bundler can leave those out:
 * `const io = client([webSocket])`.
 */ function client(transports, Manager) {
    if (Manager === void 0) Manager = managerOf(transports);
    const managers = {};
    return (uri, options)=>{
        if (uri && typeof uri === "object") {
            options = uri;
            uri = undefined;
        }
        const { origin, path, query } = parseAddress(uri);
        const all = {};
        for(const key in options)all[key] = options[key];
        // Of the two places for a query, the options are the more explicit.
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
/** The constructor of managers that have these transports, when none are named. */ function managerOf(transports) {
    return class extends Manager$1 {
        constructor(uri, options){
            super(uri, options, transports);
        }
    };
}

const TEXT = "text/plain;charset=UTF-8";
function newXhr() {
    try {
        return new XMLHttpRequest();
    } catch (_) {
        return undefined;
    }
}
/** Whether requests can be made here at all. */ function canRequest() {
    return !!newXhr() || !!root.fetch;
}
/** Makes a request. `done` is called once and never before this returns; the result breaks it off. */ function request(url, body, options, done) {
    const xhr = newXhr();
    let isOver = false;
    let abort;
    const finish = (status, text, context)=>{
        if (isOver) return;
        isOver = true;
        done(status, text, context);
    };
    try {
        abort = (xhr ? viaXhr : viaFetch)(url, body, options, finish, xhr);
    } catch (error) {
        // A header or an address that there can not be, or a policy of the page.
        abort = ()=>{};
        setTimeout(()=>finish(0, String(error), error), 0);
    }
    return ()=>{
        if (isOver) return;
        isOver = true;
        abort();
    };
}
function viaXhr(url, body, options, done, xhr) {
    send(xhr, url, body, options, true);
    xhr.onreadystatechange = ()=>{
        if (xhr.readyState === 4) done(xhr.status, xhr.status ? xhr.responseText : "", xhr);
    };
    return ()=>xhr.abort();
}
function send(xhr, url, body, options, isAsync) {
    const headers = options.extraHeaders || {};
    xhr.open(body === undefined ? "GET" : "POST", url, isAsync);
    if (body !== undefined) xhr.setRequestHeader("Content-Type", TEXT);
    for(const name in headers)xhr.setRequestHeader(name, headers[name]);
    // Old engines do not allow it on a request that they wait for.
    if (isAsync) xhr.withCredentials = !!options.withCredentials;
    xhr.send(body);
}
function viaFetch(url, body, options, done) {
    const abort = new AbortController();
    const headers = {};
    for(const name in options.extraHeaders)headers[name] = options.extraHeaders[name];
    if (body !== undefined) headers["Content-Type"] = TEXT;
    root.fetch(url, {
        method: body === undefined ? "GET" : "POST",
        body,
        headers,
        credentials: options.withCredentials ? "include" : "same-origin",
        cache: "no-store",
        signal: abort.signal
    }).then((response)=>response.text().then((text)=>{
            done(response.status, text, response);
        }))// The cause is what Node tells of a connection that was refused.
    .then(undefined, (error)=>done(0, String(error.cause || error), error));
    return ()=>abort.abort();
}
/** Sends a body from a page that is about to go, and does not wait for an answer. */ function beacon(url, body, options) {
    try {
        // A beacon carries cookies always, and other headers never.
        if (!options.extraHeaders && navigator.sendBeacon && navigator.sendBeacon(url, body)) return;
        send(newXhr(), url, body, options, false);
    } catch (_) {
    // The server notices the silence.
    }
}

/** A leg is a GET, which the server answers when it has something; packets go up by POST. */ const polling = {
    name: "polling",
    duplex: false,
    isSupported: canRequest,
    open (link, events) {
        const close = ask(link, undefined, "poll", (error, text)=>{
            if (error) {
                events.lost("transport error", error);
                return;
            }
            try {
                decodePayload(text, events.packet);
            } catch (_) {
                events.lost("parse error", transportError("xhr poll error: not base64", text));
                return;
            }
            events.ended();
        });
        return {
            close
        };
    },
    post (link, packets, done) {
        let close;
        let isClosed = false;
        encodePayload(packets, (body)=>{
            if (isClosed) return;
            if (body === undefined) done(transportError("a Blob can not be read"));
            else close = ask(link, body, "post", done);
        });
        return ()=>{
            isClosed = true;
            if (close) close();
        };
    },
    farewell (link, packets) {
        encodePayload(packets, (body)=>{
            if (body !== undefined) beacon(link.url, body, link.options);
        });
    }
};
function ask(param, body, what, done) {
    let { url, options, taken } = param;
    return request(url, body, options, (status, text, context)=>{
        const isTaken = status === 200 && (body === undefined || taken.test(text));
        const shown = status ? "HTTP " + status + (text && " " + JSON.stringify(text.slice(0, 80))) : text || "no answer";
        done(isTaken ? undefined : transportError("xhr " + what + " error: " + shown, status, context), text);
    });
}

function constructorOf(options) {
    return options.WebSocket || root.WebSocket || root.MozWebSocket;
}
/** A leg is a WebSocket, which carries a packet a message. */ const webSocket = {
    name: "websocket",
    duplex: true,
    isSupported: (options)=>!!constructorOf(options),
    open (param, events) {
        let { url, options } = param;
        const WebSocket = constructorOf(options);
        const { protocols, extraHeaders } = options;
        let ws;
        let failure;
        const lose = (event)=>{
            const code = event && event.code ? ": code " + event.code : "";
            events.lost(failure ? "transport error" : "transport close", failure ? transportError("websocket error" + code, failure, ws) : transportError("websocket closed" + code, "websocket connection closed", event));
        };
        try {
            const address = url.replace(/^http/, "ws");
            // Headers are for Node's: browsers take no notice, but for PhantomJS, which refuses even one argument too many.
            ws = extraHeaders ? new WebSocket(address, protocols || [], {
                headers: extraHeaders
            }) : protocols ? new WebSocket(address, protocols) : new WebSocket(address);
        } catch (error) {
            failure = error;
            const timer = setTimeout(lose, 0);
            return {
                send: ()=>{},
                close: ()=>clearTimeout(timer)
            };
        }
        ws.binaryType = "arraybuffer";
        ws.onopen = events.opened;
        ws.onmessage = (event)=>events.packet(event.data);
        ws.onerror = (event)=>{
            failure = event;
        };
        ws.onclose = lose;
        return {
            send: (packets)=>packets.forEach((packet)=>ws.send(packet)),
            close () {
                ws.onopen = ws.onmessage = ws.onclose = null;
                // One that is closed while it connects tells of it, and Node's throws what nobody hears.
                ws.onerror = ()=>{};
                ws.close();
            }
        };
    }
};

/** Every transport, in the order in which a session takes them up. */ const transports = [
    polling,
    webSocket
];

/** A connection to a server, over the best of all transports. */ const Manager = /* @__PURE__ */ managerOf(transports);
/** Connects to a namespace, over the best of all transports. */ const io = /* @__PURE__ */ client(transports, Manager);
/** The version of Socket.IO's protocol that is spoken. */ const protocol = 5;

/** The whole library in one function, for a page without modules and for CommonJS. */ const script = (function() {
    const script = io;
    const parts = {
        io,
        connect: io,
        Manager,
        Socket,
        protocol,
        client,
        polling,
        webSocket,
        default: io
    };
    for(const name in parts)script[name] = parts[name];
    return script;
})();

module.exports = script;
//# sourceMappingURL=encke.cjs.map

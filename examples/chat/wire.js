// The part of a Socket.IO 5 client that chat.js uses, over one WebSocket.
//
// It has no polling, no binary and no namespace but "/". The names and the order of events
// are those of the Socket.IO client, so a page changes over by changing its script tag.
"use strict";

(() => {
  const FIRST_DELAY_MS = 500;
  const LONGEST_DELAY_MS = 10_000;
  // Until the server's open packet says how often it will ping.
  const HANDSHAKE_MS = 10_000;

  const parse = (json) => {
    try {
      return JSON.parse(json);
    } catch {
      return undefined;
    }
  };

  class Emitter {
    #listeners = new Map();

    on(event, listener) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
      return this;
    }

    fire(event, ...args) {
      for (const listener of this.#listeners.get(event) ?? []) listener(...args);
    }
  }

  class Socket extends Emitter {
    // True between CONNECT's answer and the end of the connection.
    connected = false;
    // True while the socket is connected or will try again by itself.
    active = false;
    transport = null;
    auth = {};
    io = new Emitter();

    #url;
    #ws = null;
    #acks = new Map();
    #nextAck = 0;
    #attempt = 0;
    #retry;
    #silence;
    #silenceMs;

    constructor(url) {
      super();
      this.#url = url;
    }

    connect() {
      if (!this.active) {
        this.active = true;
        this.#attempt = 0;
        this.#open();
      }
      return this;
    }

    disconnect() {
      if (this.connected) this.#send("41");
      this.active = false;
      clearTimeout(this.#retry);
      this.#end("io client disconnect");
      return this;
    }

    // Without a connection the event is dropped; an acknowledgement with a timeout then fails.
    emit(event, ...args) {
      return this.#emit(null, event, args);
    }

    timeout(ms) {
      return { emit: (event, ...args) => this.#emit(ms, event, args) };
    }

    #emit(ms, event, args) {
      let id = "";
      if (typeof args.at(-1) === "function") {
        const done = args.pop();
        id = this.#nextAck++;
        if (ms === null) {
          this.#acks.set(id, { settle: done, fail() {} });
        } else {
          const timer = setTimeout(() => {
            this.#acks.delete(id);
            done(new Error("operation has timed out"));
          }, ms);
          this.#acks.set(id, {
            settle: (...values) => (clearTimeout(timer), done(null, ...values)),
            fail: (error) => (clearTimeout(timer), done(error)),
          });
        }
      }
      if (this.connected) this.#send(`42${id}${JSON.stringify([event, ...args])}`);
      else this.#failAcks();
      return this;
    }

    #open() {
      const ws = new WebSocket(this.#url);
      this.#ws = ws;
      this.#silenceMs = HANDSHAKE_MS;
      this.#heard();
      // An older WebSocket may still report after it was given up.
      ws.onmessage = ({ data }) => ws === this.#ws && this.#receive(data);
      ws.onclose = () => ws === this.#ws && this.#end("transport close");
    }

    #send(text) {
      this.#ws?.send(text);
    }

    #receive(data) {
      this.#heard();
      if (data[0] === "2") return this.#send("3");
      if (data[0] === "4") return this.#packet(data.slice(1));
      if (data[0] === "1") return this.#end("transport close");
      if (data[0] !== "0") return;
      const open = parse(data.slice(1));
      if (!open) return this.#end("parse error");
      this.#silenceMs = open.pingInterval + open.pingTimeout;
      this.#heard();
      this.#send(`40${JSON.stringify(this.auth)}`);
    }

    #packet(packet) {
      const [, type, id, json] = /^([0-4])(\d*)([[{].*)?$/s.exec(packet) ?? [];
      const body = parse(json ?? "{}");
      switch (body && type) {
        case "0":
          this.connected = true;
          this.transport = "websocket";
          this.#attempt = 0;
          return this.fire("connect");
        case "1":
          this.active = false;
          return this.#end("io server disconnect");
        case "2":
          if (!Array.isArray(body)) return this.#end("parse error");
          if (id) body.push((...values) => this.#send(`43${id}${JSON.stringify(values)}`));
          return this.fire(...body);
        case "3": {
          if (!Array.isArray(body)) return this.#end("parse error");
          const ack = this.#acks.get(Number(id));
          this.#acks.delete(Number(id));
          return ack?.settle(...body);
        }
        case "4":
          // The server refused this client: trying again by itself would be refused again.
          this.active = false;
          return this.#end("refused", Object.assign(new Error(body.message), { data: body.data }));
        default:
          return this.#end("parse error");
      }
    }

    // The server pings; a connection that stays silent for longer than it promised is dead.
    #heard() {
      clearTimeout(this.#silence);
      this.#silence = setTimeout(() => this.#end("ping timeout"), this.#silenceMs);
    }

    #end(reason, error = new Error("websocket error")) {
      const wasConnected = this.connected;
      const ws = this.#ws;
      this.#ws = null;
      this.connected = false;
      this.transport = null;
      clearTimeout(this.#silence);
      ws?.close();
      if (this.active) {
        const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempt++);
        // Half of the delay is random, so that a server that starts again is not met by all at once.
        this.#retry = setTimeout(() => {
          this.io.fire("reconnect_attempt", this.#attempt);
          this.#open();
        }, ceiling * (0.5 + Math.random() / 2));
      }
      this.#failAcks();
      if (wasConnected) this.fire("disconnect", reason);
      else if (ws && reason !== "io client disconnect") this.fire("connect_error", error);
    }

    #failAcks() {
      const acks = [...this.#acks.values()];
      this.#acks.clear();
      for (const ack of acks) ack.fail(new Error("socket has been disconnected"));
    }
  }

  window.io = ({ autoConnect = true } = {}) => {
    const url = `${location.origin.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
    const socket = new Socket(url);
    return autoConnect ? socket.connect() : socket;
  };
})();

// What was said and is not known to have arrived.
//
// Each message has a key that its sender makes. The server knows it by that key, so sending
// it again after a lost connection never says it twice.
import { recall, remember } from "./memory.js";

const REMEMBERED_KEYS = 200;

// 53 random bits: what a JSON number carries exactly. `crypto.randomUUID` needs https.
function newKey() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}

export function makeOutbox({ log, socket, ask }) {
  const waiting = new Map();
  // The server's id of a guest changes with each connection; these tell one's own messages.
  const own = new Set(recall(sessionStorage, "own-keys") ?? []);

  function transmit(key) {
    const { room, text } = waiting.get(key);
    if (!socket.connected) return;
    ask("say", { room, key, text }, (fault, receipt) => {
      const message = waiting.get(key);
      if (!message) return;
      if (!fault) {
        waiting.delete(key);
        log.delivered(message.item, receipt);
      } else if (socket.connected) {
        fail(key, message.item, fault.message);
      }
    });
  }

  function fail(key, item, why) {
    const again = () => {
      log.sending(item);
      transmit(key);
    };
    const discard = () => {
      waiting.delete(key);
      log.remove(item);
    };
    log.failed(item, why, again, discard);
  }

  function show(message) {
    message.item = log.show({ ...message, author: "own", fate: "sending" });
  }

  return {
    isOwn: (key) => own.has(key),

    send(room, name, text) {
      const key = newKey();
      own.add(key);
      remember(sessionStorage, "own-keys", [...own].slice(-REMEMBERED_KEYS));
      const message = { room, name, text, at: Date.now() };
      waiting.set(key, message);
      show(message);
      transmit(key);
    },

    arrived: (key) => waiting.delete(key),

    // The room was shown anew, with what the server has of it: say the rest again.
    resend(room) {
      for (const [key, message] of waiting) {
        if (message.room !== room) continue;
        show(message);
        transmit(key);
      }
    },
  };
}

import { decodePayload, encodePayload } from "../codec/payload";
import { transportError } from "../error";
import { beacon, canRequest, request } from "../request";
import type { Link, Transport } from "./transport";

/** A leg is a GET, which the server answers when it has something; packets go up by POST. */
export const polling: Transport = {
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
      } catch (_) {
        events.lost("parse error", transportError("xhr poll error: not base64", text));
        return;
      }
      events.ended();
    });
    return { close };
  },

  post(link, packets, done) {
    let close: (() => void) | undefined;
    let isClosed = false;
    encodePayload(packets, (body) => {
      if (isClosed) return;
      if (body === undefined) done(transportError("a Blob can not be read"));
      else close = ask(link, body, "post", done);
    });
    return () => {
      isClosed = true;
      if (close) close();
    };
  },

  farewell(link, packets) {
    encodePayload(packets, (body) => {
      if (body !== undefined) beacon(link.url, body, link.options);
    });
  },
};

function ask(
  { url, options, taken }: Link,
  body: string | undefined,
  what: string,
  done: (error: ReturnType<typeof transportError> | undefined, text: string) => void,
): () => void {
  return request(url, body, options, (status, text, context) => {
    const isTaken = status === 200 && (body === undefined || taken.test(text));
    const shown = status ? "HTTP " + status + (text && " " + JSON.stringify(text.slice(0, 80))) : text || "no answer";
    done(isTaken ? undefined : transportError("xhr " + what + " error: " + shown, status, context), text);
  });
}

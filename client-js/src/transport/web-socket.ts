import { transportError } from "../error";
import type { RequestOptions } from "../request";
import { root } from "../root";
import type { Transport } from "./transport";

function constructorOf(options: RequestOptions): any {
  return options.WebSocket || root.WebSocket || root.MozWebSocket;
}

/** A leg is a WebSocket, which carries a packet a message. */
export const webSocket: Transport = {
  name: "websocket",
  duplex: true,
  isSupported: (options) => !!constructorOf(options),

  open({ url, options }, events) {
    const WebSocket = constructorOf(options);
    const { protocols, extraHeaders } = options;
    let ws: any;
    let failure: any;
    const lose = (event?: any) => {
      const code = event && event.code ? ": code " + event.code : "";
      events.lost(
        failure ? "transport error" : "transport close",
        failure
          ? transportError("websocket error" + code, failure, ws)
          : transportError("websocket closed" + code, "websocket connection closed", event),
      );
    };
    try {
      const address = url.replace(/^http/, "ws");
      // Headers are for Node's: browsers take no notice, but for PhantomJS, which refuses even one argument too many.
      ws = extraHeaders
        ? new WebSocket(address, protocols || [], { headers: extraHeaders })
        : protocols
          ? new WebSocket(address, protocols)
          : new WebSocket(address);
    } catch (error) {
      failure = error;
      const timer = setTimeout(lose, 0);
      return { send: () => {}, close: () => clearTimeout(timer) };
    }
    ws.binaryType = "arraybuffer";
    ws.onopen = events.opened;
    ws.onmessage = (event: any) => events.packet(event.data);
    ws.onerror = (event: any) => {
      failure = event;
    };
    ws.onclose = lose;
    return {
      send: (packets) => packets.forEach((packet) => ws.send(packet)),
      close() {
        ws.onopen = ws.onmessage = ws.onclose = null;
        // One that is closed while it connects tells of it, and Node's throws what nobody hears.
        ws.onerror = () => {};
        ws.close();
      },
    };
  },
};

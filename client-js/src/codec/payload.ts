import { decodeBase64, encodeBase64, size, type Binary } from "./binary";

/**
 * A packet as it travels a WebSocket: text that begins with its type, or the bytes of a binary
 * message. Spec: Engine.IO 4, Protocol.
 */
export type Packet = string | Binary;

/** The byte between two packets of an HTTP body. */
const SEPARATOR = "\x1e";

/** The most bytes that a packet can take up in an HTTP body. */
export function weigh(packet: Packet): number {
  return typeof packet === "string" ? packet.length * 3 : size(packet) * 2;
}

/** The bytes of a packet on a WebSocket: of text in UTF-8. */
export function sizeOf(packet: Packet): number {
  return typeof packet === "string"
    ? packet
        .replace(/[\ud800-\udbff][\udc00-\udfff]/g, "1234")
        .replace(/[\u0800-\uffff]/g, "123")
        .replace(/[\x80-\u07ff]/g, "12").length
    : size(packet);
}

/** Hands out the packets of an HTTP body. Throws at the first that is not what it says. */
export function decodePayload(body: string, take: (packet: Packet) => void): void {
  body.split(SEPARATOR).forEach((record) => {
    take(record.charAt(0) === "b" ? decodeBase64(record.slice(1)) : record);
  });
}

/** The packets as an HTTP body, at once if no Blob has to be read; nothing if one can not be read. */
export function encodePayload(packets: Packet[], done: (body?: string) => void): void {
  const records: string[] = [];
  let missing = 1;
  let isWhole = true;
  const arrive = () => {
    if (!--missing) done(isWhole ? records.join(SEPARATOR) : undefined);
  };
  packets.forEach((packet, index) => {
    if (typeof packet === "string") {
      records[index] = packet;
    } else if ((packet as ArrayBuffer).byteLength !== undefined) {
      records[index] = "b" + encodeBase64(packet as ArrayBuffer);
    } else {
      missing++;
      readBlob(packet as Blob, (base64) => {
        isWhole = isWhole && base64 !== undefined;
        records[index] = "b" + base64;
        arrive();
      });
    }
  });
  arrive();
}

function readBlob(blob: any, done: (base64?: string) => void): void {
  if (typeof FileReader === "undefined") {
    // Node.
    blob.arrayBuffer().then(
      (bytes: ArrayBuffer) => done(encodeBase64(bytes)),
      () => done(),
    );
    return;
  }
  const reader = new FileReader();
  // `data:type;base64,…`, and for an empty Blob in some engines `data:`.
  reader.onloadend = () => done(reader.result ? String(reader.result).split(",")[1] || "" : undefined);
  reader.readAsDataURL(blob);
}

import { fromBinary, toBinary, type Binary } from "./binary";

/** The types of Socket.IO packets. Spec: Socket.IO 5, Packet types. */
export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;
/** And one more for a binary ack. */
const BINARY_EVENT = 5;

/** A packet of one namespace. */
export interface SocketPacket {
  type: number;
  nsp: string;
  /** The arguments of an event or an ack, an object or nothing for the others. */
  data?: any;
  /** The number by which an ack finds its event. */
  id?: number;
}

/** The greatest number of an event that asks for an ack, 2^53 - 1. */
const MAX_ID = 9007199254740991;

/** Names of events that an application can not send. */
export const RESERVED = /^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/;

/** The most attachments of a packet, unless the application says otherwise. */
export const MAX_ATTACHMENTS = 10000;

/** Type, number of attachments, namespace with a query, id, and the JSON. */
const PARTS = /^([0-6])(?:(\d+)-)?(?:(\/[^,?\x1e]*)(?:\?[^,]*)?(?:,|$))?(\d+)?([^]*)$/;

/** The packet's messages: its text, then its attachments. Throws where JSON does, as for cycles. */
export function encode(packet: SocketPacket): Array<string | Binary> {
  const attachments: Binary[] = [];
  let { type } = packet;
  const json =
    packet.data === undefined
      ? ""
      : stringify(packet.data, function (this: any, key: string, value: unknown) {
          // What is at `key` itself: `value` is what its toJSON has made of it.
          const binary = toBinary(this[key]);
          return binary ? { _placeholder: true, num: attachments.push(binary) - 1 } : value;
        });
  if (attachments.length) type += BINARY_EVENT - EVENT;
  return [
    type +
      (attachments.length ? attachments.length + "-" : "") +
      (packet.nsp === "/" ? "" : packet.nsp + ",") +
      (packet.id === undefined ? "" : packet.id) +
      json,
    ...attachments,
  ];
}

/** Where in a packet an attachment belongs. */
interface Place {
  holder: any;
  key: string;
  num: number;
}

/** A packet some of whose attachments are still missing. */
interface Partial {
  packet: SocketPacket;
  places: Place[];
  count: number;
  attachments: ArrayBuffer[];
}

/** Puts packets together again. */
export class Decoder {
  private _partial?: Partial;

  constructor(private _maxAttachments: number) {}

  /** Takes the data of a message, and gives the packet that is whole with it. Throws where it is none. */
  add(data: string | ArrayBuffer): SocketPacket | undefined {
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
    partial.places.forEach(({ holder, key, num }) => {
      holder[key] = partial!.attachments[num];
    });
    return partial.packet;
  }
}

function parse(text: string, maxAttachments: number): Partial {
  const parts = PARTS.exec(text);
  if (!parts) throw fault("not a Socket.IO packet", text);
  let type = +parts[1]!;
  const isBinary = type >= BINARY_EVENT;
  const count = +parts[2]! || 0;
  if (isBinary) type -= BINARY_EVENT - EVENT;
  if (isBinary ? !count : parts[2]) throw fault("a wrong number of attachments", text);
  if (count > maxAttachments) throw fault("too many attachments", text);
  const id = parts[4] ? +parts[4] : undefined;
  const places: Place[] = [];
  let data: any;
  try {
    if (parts[5]) data = JSON.parse(parts[5]);
    if (isBinary) findPlaces(data, count, places);
  } catch (error) {
    throw fault(String(error), text);
  }
  if (!isValid(type, data, id)) throw fault("not what its type calls for", text);
  return { packet: { type, nsp: parts[3] || "/", data, id }, places, count, attachments: [] };
}

/** Throws where there is no such attachment, and where the data is deeper than the stack. */
function findPlaces(holder: any, count: number, places: Place[]): void {
  for (const key in holder) {
    const value = holder[key];
    if (!value || typeof value !== "object") continue;
    if (value._placeholder === true) {
      const { num } = value;
      if (!(typeof num === "number" && num >= 0 && num < count && num % 1 === 0)) throw "no such attachment";
      places.push({ holder, key, num });
    } else {
      findPlaces(value, count, places);
    }
  }
}

function isValid(type: number, data: any, id: number | undefined): boolean {
  const isArray = Array.isArray(data);
  const isObject = typeof data === "object" && data !== null && !isArray;
  const name = isArray && data[0];
  switch (type) {
    case EVENT:
      return (
        (id === undefined || id <= MAX_ID) &&
        (typeof name === "number" || (typeof name === "string" && !RESERVED.test(name)))
      );
    case ACK:
      return isArray && id! <= MAX_ID;
    case CONNECT:
      return id === undefined && (isObject || data === undefined);
    case CONNECT_ERROR:
      return id === undefined && (isObject || typeof data === "string");
    default:
      return id === undefined && data === undefined;
  }
}

/** What is wrong, and as much of the packet as tells where it comes from. */
function fault(why: string, text: string): Error {
  return new Error(why + (text && ": " + JSON.stringify(text.slice(0, 80))));
}

/** As `JSON.stringify` does since 2019: half of a pair is escaped, since it is not to be had in UTF-8. */
function stringify(value: unknown, replacer: (this: any, key: string, value: unknown) => unknown): string {
  return JSON.stringify(value, replacer).replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) =>
    found.length > 1 ? found : "\\u" + found.charCodeAt(0).toString(16),
  );
}

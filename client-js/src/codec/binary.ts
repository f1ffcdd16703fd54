import { root } from "../root";

const tag = Object.prototype.toString;
const isNode = () => typeof process !== "undefined" && !!process.versions && !!process.versions.node && !!root.Buffer;

/** Bytes as they travel: a Blob where the page handed one in. */
export type Binary = ArrayBuffer | Blob;

/** Bytes as an application hands them in, or `undefined` for anything else. */
export function toBinary(value: any): Binary | undefined {
  if (!value || typeof value !== "object") return undefined;
  const name = tag.call(value);
  if (name === "[object ArrayBuffer]" || name === "[object Blob]" || name === "[object File]") return value;
  // A view may show a part of its buffer only. Engines of 2014 have no ArrayBuffer.isView.
  const { buffer, byteLength } = value;
  return typeof byteLength === "number" && tag.call(buffer) === "[object ArrayBuffer]"
    ? byteLength === buffer.byteLength
      ? buffer
      : buffer.slice(value.byteOffset, value.byteOffset + byteLength)
    : undefined;
}

/** Bytes as an application expects them: a Buffer in Node. */
export function fromBinary(bytes: ArrayBuffer): ArrayBuffer {
  return isNode() ? root.Buffer.from(bytes) : bytes;
}

/** How many bytes there are. */
export function size(bytes: Binary): number {
  return (bytes as ArrayBuffer).byteLength || (bytes as Blob).size || 0;
}

export function encodeBase64(bytes: ArrayBuffer): string {
  const view = new Uint8Array(bytes);
  let text = "";
  for (let index = 0; index < view.length; index++) text += String.fromCharCode(view[index]);
  return btoa(text);
}

/** Throws where the text is not base64. */
export function decodeBase64(text: string): ArrayBuffer {
  // White space is all that atob forgives.
  const decoded = atob(text.replace(/\s/g, "!"));
  const view = new Uint8Array(decoded.length);
  for (let index = 0; index < decoded.length; index++) view[index] = decoded.charCodeAt(index);
  return view.buffer;
}

// The vectors that all implementations share.
import { readFileSync } from "node:fs";

const FOLDER = new URL("../../../tests/vectors/", import.meta.url);

/** The vectors of a file, by its name without the ending. */
export function read(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

/** The bytes that `{"$binary": base64}` stands for. */
function bytesOf(base64) {
  const { buffer, byteOffset, byteLength } = Buffer.from(base64, "base64");
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/** A value with bytes in place of what stands for them: `make` says as what. */
export function fromVector(value, make = (bytes) => bytes) {
  if (Array.isArray(value)) return value.map((item) => fromVector(item, make));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$binary === "string") return make(bytesOf(value.$binary));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromVector(item, make)]));
}

/** The reverse: bytes as vectors have them. */
export function toVector(value) {
  if (value instanceof ArrayBuffer) return { $binary: Buffer.from(value).toString("base64") };
  if (ArrayBuffer.isView(value)) {
    return { $binary: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (Array.isArray(value)) return value.map(toVector);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toVector(item)]));
}

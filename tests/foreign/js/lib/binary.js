// Binary values, which a client may hand over as Buffer, Uint8Array or ArrayBuffer.

/** The same value with everything binary, at any depth, as a Buffer. */
export function buffers(value) {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(buffers);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, buffers(inner)]));
}

/** Every byte value there is. */
export const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Arguments with binary at several depths, beside text, and an empty one. */
export const deep = [
  everyByte,
  "text between",
  { list: [1, everyByte.subarray(3, 9), { leaf: Buffer.alloc(0) }], plain: null },
  [[Buffer.alloc(100_000, 0xa5)]],
];

/** The global object: of a page, of a worker, of Node. */
export const root: any =
  typeof self !== "undefined" ? self : typeof window !== "undefined" ? window : typeof global !== "undefined" ? global : {};

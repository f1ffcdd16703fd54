import { root } from "./root";

/** Where a server is. */
export interface Address {
  /** Scheme, host and port, as `https://example.org:8080`. */
  origin: string;
  /** What stands behind it: for `io`, a namespace. */
  path: string;
  /** What stands behind the question mark, decoded. */
  query: { [key: string]: string };
}

const PARTS = /^(?:http|ws)(s?):\/\/([^/?#]+)([^?#]*)\??([^#]*)/;

/** Reads an address, in as much of which the page's own stands in as is missing. */
export function parseAddress(uri?: string): Address {
  const here = root.location || {};
  const protocol = here.host && here.protocol !== "https:" ? "http:" : "https:";
  let whole = uri || "/";
  if (whole.charAt(0) === "/") whole = protocol + (whole.charAt(1) === "/" ? "" : "//" + (here.host || "")) + whole;
  else if (!/^\w+:\/\//.test(whole)) whole = protocol + "//" + whole;
  const parts = PARTS.exec(whole);
  if (!parts) throw new Error('encke: "' + (uri || "") + '" is not the address of a server');
  const isSecure = parts[1] === "s";
  const query: { [key: string]: string } = {};
  parts[4]!.replace(/([^&=]+)=?([^&]*)/g, (pair, key, value) => {
    query[decode(key)] = decode(value);
    return pair;
  });
  return {
    origin: "http" + parts[1] + "://" + parts[2]!.replace(isSecure ? /:443$/ : /:80$/, ""),
    path: parts[3]! || "/",
    query,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (_) {
    // A lone percent sign.
    return text;
  }
}

/** A query as it stands in an address. */
export function formatQuery(query: { [key: string]: any }): string {
  const pairs: string[] = [];
  for (const key in query) {
    if (query[key] !== undefined) pairs.push(encodeURIComponent(key) + "=" + encodeURIComponent(query[key]));
  }
  return pairs.join("&");
}

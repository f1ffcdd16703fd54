import { root } from "./root";

/** What requests and WebSockets are made of. */
export interface RequestOptions {
  /** Headers of requests; on a WebSocket only where its constructor takes them. */
  extraHeaders?: { [name: string]: string };
  /** Whether requests to other origins carry cookies. Default false. */
  withCredentials?: boolean;
  /** Subprotocols of a WebSocket. */
  protocols?: string | string[];
  /** The constructor of WebSockets, where there is none in the global object (Node 20), or a better one. */
  WebSocket?: any;
}

/** The status of an answer, 0 if there was none, and its text, or what went wrong. */
export type Answered = (status: number, text: string, context?: unknown) => void;

const TEXT = "text/plain;charset=UTF-8";

function newXhr(): XMLHttpRequest | undefined {
  try {
    return new XMLHttpRequest();
  } catch (_) {
    return undefined;
  }
}

/** Whether requests can be made here at all. */
export function canRequest(): boolean {
  return !!newXhr() || !!root.fetch;
}

/** Makes a request. `done` is called once and never before this returns; the result breaks it off. */
export function request(url: string, body: string | undefined, options: RequestOptions, done: Answered): () => void {
  const xhr = newXhr();
  let isOver = false;
  let abort: () => void;
  const finish: Answered = (status, text, context) => {
    if (isOver) return;
    isOver = true;
    done(status, text, context);
  };
  try {
    abort = (xhr ? viaXhr : viaFetch)(url, body, options, finish, xhr!);
  } catch (error) {
    // A header or an address that there can not be, or a policy of the page.
    abort = () => {};
    setTimeout(() => finish(0, String(error), error), 0);
  }
  return () => {
    if (isOver) return;
    isOver = true;
    abort();
  };
}

function viaXhr(
  url: string,
  body: string | undefined,
  options: RequestOptions,
  done: Answered,
  xhr: XMLHttpRequest,
): () => void {
  send(xhr, url, body, options, true);
  xhr.onreadystatechange = () => {
    if (xhr.readyState === 4) done(xhr.status, xhr.status ? xhr.responseText : "", xhr);
  };
  return () => xhr.abort();
}

function send(xhr: XMLHttpRequest, url: string, body: string | undefined, options: RequestOptions, isAsync: boolean): void {
  const headers = options.extraHeaders || {};
  xhr.open(body === undefined ? "GET" : "POST", url, isAsync);
  if (body !== undefined) xhr.setRequestHeader("Content-Type", TEXT);
  for (const name in headers) xhr.setRequestHeader(name, headers[name]!);
  // Old engines do not allow it on a request that they wait for.
  if (isAsync) xhr.withCredentials = !!options.withCredentials;
  xhr.send(body);
}

function viaFetch(url: string, body: string | undefined, options: RequestOptions, done: Answered): () => void {
  const abort = new AbortController();
  const headers: { [name: string]: string } = {};
  for (const name in options.extraHeaders) headers[name] = options.extraHeaders[name]!;
  if (body !== undefined) headers["Content-Type"] = TEXT;
  root
    .fetch(url, {
      method: body === undefined ? "GET" : "POST",
      body,
      headers,
      credentials: options.withCredentials ? "include" : "same-origin",
      cache: "no-store",
      signal: abort.signal,
    })
    .then((response: Response) =>
      response.text().then((text) => {
        done(response.status, text, response);
      }),
    )
    // The cause is what Node tells of a connection that was refused.
    .then(undefined, (error: any) => done(0, String(error.cause || error), error));
  return () => abort.abort();
}

/** Sends a body from a page that is about to go, and does not wait for an answer. */
export function beacon(url: string, body: string, options: RequestOptions): void {
  try {
    // A beacon carries cookies always, and other headers never.
    if (!options.extraHeaders && navigator.sendBeacon && navigator.sendBeacon(url, body)) return;
    send(newXhr()!, url, body, options, false);
  } catch (_) {
    // The server notices the silence.
  }
}

/** What went wrong with a transport. */
export interface TransportError extends Error {
  type: "TransportError";
  /** The HTTP status, or the event of a WebSocket. */
  description?: unknown;
  /** The request or the WebSocket, for whoever wants to look closer. */
  context?: unknown;
}

/** An error that applications know from Socket.IO's client. */
export function transportError(message: string, description?: unknown, context?: unknown): TransportError {
  const error = new Error(message) as TransportError;
  error.type = "TransportError";
  error.description = description;
  error.context = context;
  return error;
}

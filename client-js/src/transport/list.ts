import { polling } from "./polling";
import type { Transport } from "./transport";
import { webSocket } from "./web-socket";

/** Every transport, in the order in which a session takes them up. */
export const transports: Transport[] = [polling, webSocket];

import type { Packet } from "../codec/payload";
import type { TransportError } from "../error";
import type { RequestOptions } from "../request";
import type { Kind } from "../session";

/** What a leg tells. Nothing more is told once it has ended, was lost or closed. */
export interface LegEvents {
  /** It can carry packets up. */
  opened(): void;
  packet(packet: Packet): void;
  /** All that it was opened for has come. */
  ended(): void;
  lost(reason: string, error: TransportError): void;
}

/** One attachment of a session to a transport. */
export interface Leg {
  /** Only a duplex leg has it. */
  send?(packets: Packet[]): void;
  close(): void;
}

/** Where a transport finds the server, and how it asks. */
export interface Link {
  /** The address, with its whole query. */
  url: string;
  options: RequestOptions;
  /** What a POST is answered with when it was taken. */
  taken: RegExp;
}

/** A way to carry packets. */
export interface Transport extends Kind {
  /** Whether it can run here. A test by use: old engines have names without what they stand for. */
  isSupported(options: RequestOptions): boolean;
  open(link: Link, events: LegEvents): Leg;
  /**
   * Where legs carry nothing up. Gives the function that breaks it off. `done` is given what it was
   * answered with, and an error unless it was taken; an error alone says that it can not be sent at all.
   */
  post?(link: Link, packets: Packet[], done: (error?: TransportError, answer?: string) => void): () => void;
  /** Sends packets from a page that is about to go. */
  farewell?(link: Link, packets: Packet[]): void;
}

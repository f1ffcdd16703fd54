import { DEV } from "./dev";
import { guard } from "./guard";
import type { DefaultEventsMap, EventNames, EventsMap, ListenerOf } from "./types";

/** Anything that can be called when an event comes. */
export type Listener = (...args: any[]) => void;

/** A listener that is called once carries the function that it was made of. */
interface Entry extends Listener {
  _inner?: Listener;
}

/**
 * Who wants to hear of what.
 *
 * The methods are those that Socket.IO's emitters have, `listen` excepted. A list of listeners is
 * never changed, only replaced: those who are being called can come and go.
 */
export class Emitter<Events extends EventsMap = DefaultEventsMap, Own extends EventsMap = {}> {
  /** By name with a `$` before it, so that none is one of `Object.prototype`; subclasses have keys without. */
  private _entries: { [key: string]: Entry[] } = {};
  /** Only while developing: the listeners of a `connect` are running, and it is not the first. */
  protected _inConnect?: boolean;

  /** Calls `listener` on each `event`, in the order of registration. */
  on<Name extends EventNames<Events> | EventNames<Own>>(event: Name, listener: ListenerOf<Own, Events, Name>): this {
    if (DEV && this._inConnect) warnOfTwin(event, this.listeners(event), listener);
    return this._add("$" + event, listener);
  }

  /** As `on`, for the next `event` only. */
  once<Name extends EventNames<Events> | EventNames<Own>>(event: Name, listener: ListenerOf<Own, Events, Name>): this {
    const self = this;
    const entry: Entry = function (this: unknown) {
      self._remove("$" + event, entry);
      (listener as Listener).apply(this, arguments as any);
    };
    entry._inner = listener;
    return this.on(event, entry as any);
  }

  /** As `on`, and gives the function that undoes it. */
  listen<Name extends EventNames<Events> | EventNames<Own>>(
    event: Name,
    listener: ListenerOf<Own, Events, Name>,
  ): () => void {
    this.on(event, listener);
    let isOn = true;
    return () => {
      if (isOn) this._remove("$" + event, listener);
      isOn = false;
    };
  }

  /** Forgets a listener, all of an event, or all there are. */
  off<Name extends EventNames<Events> | EventNames<Own>>(
    event?: Name,
    listener?: ListenerOf<Own, Events, Name>,
  ): this {
    if (event !== undefined) return this._remove("$" + event, listener);
    for (const key in this._entries) if (key.charAt(0) === "$") delete this._entries[key];
    return this;
  }

  /** Calls the listeners of `event`. */
  emit(event: string, ...args: any[]): any {
    this._fire("$" + event, args);
    return this;
  }

  /** Those who listen for `event`. */
  listeners(event: string): Listener[] {
    return this._list("$" + event);
  }

  /** Whether anybody listens for `event`. */
  hasListeners(event: string): boolean {
    return this.listeners(event).length > 0;
  }

  /** The listeners of a key, in an array that stays as it is. */
  _list(key: string): Entry[] {
    return this._entries[key] || [];
  }

  _add(key: string, listener: Listener, isFirst?: boolean): this {
    const list = this._list(key);
    this._entries[key] = isFirst ? [listener, ...list] : [...list, listener];
    return this;
  }

  /** Forgets one listener of a key, or all. */
  _remove(key: string, listener?: Listener): this {
    let isFound = false;
    const rest = this._list(key).filter(
      (entry) => listener && (isFound || !(isFound = entry === listener || entry._inner === listener)),
    );
    if (rest.length) this._entries[key] = rest;
    else delete this._entries[key];
    return this;
  }

  _fire(key: string, args: any[]): void {
    this._list(key).forEach((listener) => guard(() => listener.apply(this, args as any)));
  }
}

/** The names that other emitters have for `on` and `off`. */
export interface Emitter<Events extends EventsMap = DefaultEventsMap, Own extends EventsMap = {}> {
  addEventListener<Name extends EventNames<Events> | EventNames<Own>>(
    event: Name,
    listener: ListenerOf<Own, Events, Name>,
  ): this;
  removeListener<Name extends EventNames<Events> | EventNames<Own>>(
    event?: Name,
    listener?: ListenerOf<Own, Events, Name>,
  ): this;
  removeEventListener<Name extends EventNames<Events> | EventNames<Own>>(
    event?: Name,
    listener?: ListenerOf<Own, Events, Name>,
  ): this;
  removeAllListeners<Name extends EventNames<Events> | EventNames<Own>>(event?: Name): this;
}

const prototype = Emitter.prototype;
prototype.addEventListener = prototype.on;
prototype.removeListener = prototype.removeEventListener = prototype.removeAllListeners = prototype.off;

function warnOfTwin(event: string, entries: Entry[], listener: Entry): void {
  const text = String(listener._inner || listener);
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!;
    if (String(entry._inner || entry) === text) {
      console.warn(
        'encke: the same listener for "' + event + '" is added again on each "connect", and is called once more ' +
          "for each time. Add it once, outside of the listener for \"connect\".",
      );
      return;
    }
  }
}

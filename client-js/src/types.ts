/** Events by name, each with the listener that hears it. */
export interface EventsMap {
  [event: string]: any;
}

/** Any event, with anything. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

/** The names of events of one side. */
export type EventNames<Events> = keyof Events & string;

/** The listener of an event, of those that the library emits itself, or else of the application's. */
export type ListenerOf<Own, Events, Name extends string> = Name extends keyof Own
  ? Own[Name]
  : Name extends keyof Events
    ? Events[Name]
    : never;

/** What an event is emitted with, its ack included. */
export type EventArgs<Events, Name extends keyof Events> = Events[Name] extends (...args: infer Args) => any ? Args : never;

type Last<Args extends any[]> = Args extends [...any[], infer Tail] ? Tail : any;
type AllButLast<Args extends any[]> = Args extends [...infer Head, any] ? Head : any[];
type FirstOf<Ack> = Ack extends (...args: infer Args) => any
  ? Args extends [Error, infer Answer, ...any[]]
    ? Answer
    : Args extends [infer Answer, ...any[]]
      ? Answer
      : any[] extends Args
        ? any
        : undefined
  : any;

/** What an event is emitted with, without its ack. */
export type ArgsWithoutAck<Events, Name extends keyof Events> = AllButLast<EventArgs<Events, Name>>;

/** What an event's ack answers. */
export type AckOf<Events, Name extends keyof Events> = FirstOf<Last<EventArgs<Events, Name>>>;

type WithError<Arg> = Arg extends (...args: infer Answer) => infer Result
  ? (error: Error, ...args: Answer) => Result
  : Arg;

/** The same events, with acks that hear of an error first. */
export type Timed<Events> = {
  [Name in keyof Events]: Events[Name] extends (...args: infer Args) => infer Result
    ? (...args: { [Index in keyof Args]: WithError<Args[Index]> }) => Result
    : Events[Name];
};

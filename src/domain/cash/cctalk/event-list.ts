/** One entry of the list that a device keeps of what happened; the meaning is in coin-event.ts and bill-event.ts. */
export interface CcTalkEvent {
  readonly a: number;
  readonly b: number;
}

/** How far a device was read: its event counter, and as many of the newest events up to then as are known, newest first. */
export interface ReadSoFar {
  readonly counter: number;
  readonly events: readonly CcTalkEvent[];
}

/** Events a device keeps. */
const KEPT = 5;
const COUNTER_MOST = 255;

/** The reply to 229 or 159: `[counter][A1 B1]…[A5 B5]`, newest first. Null for anything else. */
export function decodeEventList(data: readonly number[]): ReadSoFar | null {
  const [counter, ...rest] = data;
  if (counter === undefined || rest.length !== 2 * KEPT) return null;
  return { counter, events: eventsOf(rest) };
}

function eventsOf(bytes: readonly number[]): CcTalkEvent[] {
  const events: CcTalkEvent[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) events.push({ a: bytes[i] ?? 0, b: bytes[i + 1] ?? 0 });
  return events;
}

/** What a list has that was not read before. */
export interface News {
  /** Oldest first. */
  readonly fresh: readonly CcTalkEvent[];
  /** Events that came and went unread: older than the fresh ones. */
  readonly lost: number;
  /** The device has begun to count anew: what it was told is forgotten. */
  readonly restarted: boolean;
  /** Where it had been read to before the fresh ones. */
  readonly from: ReadSoFar;
  /** It does not follow plainly from what was read before, so it is to be read again before it is believed. */
  readonly doubtful: boolean;
}

/** The counter is 0 only after power-up, then goes from 1 to 255 and on to 1. */
const stepsFrom = (last: number, now: number): number => (now >= last ? now - last : now - last + COUNTER_MOST);
const stepBack = (counter: number, steps: number): number => (counter > steps ? counter - steps : counter - steps + COUNTER_MOST);

/**
 * Compares a list with how far it was read. The events that both know must be the same ones: where they are not, the
 * counter only seems to go on, and the device was switched off in between. What it lists then has all happened since.
 */
export function newsOf(list: ReadSoFar, last: ReadSoFar): News {
  if (list.counter === 0) return { fresh: [], lost: 0, restarted: last.counter !== 0, from: list, doubtful: last.counter !== 0 };
  const steps = stepsFrom(last.counter, list.counter);
  const follows = steps < KEPT && last.events.slice(0, KEPT - steps).every((event, i) => same(event, list.events[steps + i]));
  const begunAnew = !follows && (steps < KEPT || isFirst(list));
  const count = begunAnew ? list.counter : steps;
  const seen = Math.min(count, KEPT);
  return {
    fresh: list.events.slice(0, seen).reverse(),
    lost: count - seen,
    restarted: begunAnew && last.counter !== 0,
    from: follows ? last : { counter: stepBack(list.counter, seen), events: [] },
    doubtful: !follows,
  };
}

/** Whether the list has room left that was never used: it has counted only these events since it was switched on. */
const isFirst = ({ counter, events }: ReadSoFar): boolean =>
  counter < KEPT && events.slice(counter).every(({ a, b }) => a === 0 && b === 0);

const same = (one: CcTalkEvent, other: CcTalkEvent | undefined): boolean => one.a === other?.a && one.b === other.b;

export const sameList = (one: ReadSoFar, other: ReadSoFar): boolean =>
  one.counter === other.counter &&
  one.events.length === other.events.length &&
  one.events.every((event, i) => same(event, other.events[i]));

/** How far a device is read once one more event is. */
export const readOn = ({ counter, events }: ReadSoFar, event: CcTalkEvent): ReadSoFar => ({
  counter: counter === COUNTER_MOST ? 1 : counter + 1,
  events: [event, ...events].slice(0, KEPT),
});

/** What is kept of a reading: see `decodeMark`. */
export interface Mark extends ReadSoFar {
  /** Null where the device has none. */
  readonly serial: string | null;
}

/** `<counter>:<events, newest first, two bytes each in hexadecimal>:<serial number>`, at most 42 characters. */
export function encodeMark({ counter, events, serial }: Mark): string {
  const hex = events.flatMap(({ a, b }) => [a, b]).map((byte) => byte.toString(16).padStart(2, '0'));
  return `${counter}:${hex.join('')}:${serial ?? ''}`;
}

/** Null for a text that is no mark. */
export function decodeMark(text: string): Mark | null {
  const [, counter, hex = '', serial = ''] = /^(\d{1,3}):((?:[0-9a-f]{4}){0,5}):((?:[0-9a-f]{2}){0,8})$/.exec(text) ?? [];
  if (counter === undefined || Number(counter) > COUNTER_MOST) return null;
  const bytes = hex.match(/../g) ?? [];
  return {
    counter: Number(counter),
    events: eventsOf(bytes.map((byte) => Number.parseInt(byte, 16))),
    serial: serial === '' ? null : serial,
  };
}

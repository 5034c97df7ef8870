import { excerpt } from '../domain/card-data.ts';
import { Refusal } from './refusal.ts';

/** A number a fault can be given, with its range and what it is when left out. */
interface Parameter {
  readonly least: number;
  readonly most: number;
  readonly default: number;
  readonly unit: string;
}

interface FaultSpec {
  readonly area: 'mqtt' | 'http' | 'qr' | 'payment' | 'kiosk' | 'tms';
  readonly help: string;
  readonly numbers?: Readonly<Record<string, Parameter>>;
}

const MILLISECONDS = { least: 0, most: 600_000, default: 3000, unit: 'ms' };

/** Everything that can be made to go wrong. `http` faults take a `path`: they hit only requests whose path contains it. */
export const FAULT_KINDS = {
  'drop-mqtt': { area: 'mqtt', help: 'The payment message is never sent' },
  'duplicate-mqtt': { area: 'mqtt', help: 'The payment message is sent twice' },
  'delay-mqtt': { area: 'mqtt', help: 'The payment message is sent later', numbers: { ms: MILLISECONDS } },
  'retain-mqtt': { area: 'mqtt', help: 'The payment message is sent as a retained one' },
  'foreign-charge': { area: 'mqtt', help: "The payment message names somebody else's charge" },
  'malformed-mqtt': { area: 'mqtt', help: 'The payment message is cut off in the middle' },
  'conflicting-status': { area: 'mqtt', help: 'The payment message is followed by its opposite' },
  'http-status': {
    area: 'http',
    help: 'Requests are answered with an error status and not carried out',
    numbers: {
      status: { least: 400, most: 599, default: 503, unit: 'status' },
      retryAfterSeconds: { least: 0, most: 3600, default: 0, unit: 's' },
    },
  },
  'http-delay': { area: 'http', help: 'Requests are answered late', numbers: { ms: MILLISECONDS } },
  'http-cut': { area: 'http', help: 'The connection is cut before the request is carried out' },
  'http-html': { area: 'http', help: 'A captive portal answers: 200 with HTML' },
  'huge-body': {
    area: 'http',
    help: 'The reply is endless white space',
    numbers: { mebibytes: { least: 1, most: 1024, default: 64, unit: 'MiB' } },
  },
  'lose-reply': { area: 'http', help: 'Requests are carried out, then the connection is cut' },
  'wrong-amount-qr': { area: 'qr', help: 'The QR asks for 100 satang or rupiah more' },
  'wrong-crc-qr': { area: 'qr', help: "The QR's checksum is wrong" },
  'wrong-currency-qr': { area: 'qr', help: 'The QR is in US dollars' },
  'late-payment': { area: 'payment', help: 'Expired charges can be paid' },
  'kiosk-refuse': { area: 'kiosk', help: 'Connections of kiosks are refused' },
  'kiosk-delay': { area: 'kiosk', help: 'A message to the kiosk is late, and so is what follows it', numbers: { ms: MILLISECONDS } },
  'kiosk-drop': { area: 'kiosk', help: 'A message to the kiosk is never sent' },
  'kiosk-duplicate': { area: 'kiosk', help: 'A message to the kiosk is sent twice' },
  'kiosk-cut': { area: 'kiosk', help: 'The connection is cut in place of a message to the kiosk' },
  'kiosk-half-open': { area: 'kiosk', help: 'The connection stays, and nothing is sent or heard on it any more' },
  'slow-download': {
    area: 'tms',
    help: 'Packages are sent slowly',
    numbers: { bytesPerSecond: { least: 1, most: 100_000_000, default: 65_536, unit: 'bytes a second' } },
  },
  'cut-download': {
    area: 'tms',
    help: 'The connection is cut while a package is sent',
    numbers: { bytes: { least: 0, most: 1_000_000_000, default: 100_000, unit: 'bytes sent before' } },
  },
} as const satisfies Readonly<Record<string, FaultSpec>>;

export type FaultKind = keyof typeof FAULT_KINDS;

/** A fault that is switched on. */
export interface ActiveFault {
  readonly id: number;
  readonly kind: FaultKind;
  /** How often it will still strike; null is every time. */
  readonly times: number | null;
  /** `http` faults: part of the path it is limited to. */
  readonly path: string | null;
  readonly numbers: Readonly<Record<string, number>>;
}

/** More would be a mistake of whoever switches them on. */
const MAX_ACTIVE = 100;

/** The faults switched on by hand or by a test. They live in memory: a restart starts without any. */
export class FaultBoard {
  readonly #active = new Map<number, ActiveFault>();
  readonly #changed: () => void;
  #lastId = 0;

  /** `changed` is called whenever a fault is switched on or off, or has struck for one of its times. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  list(): ActiveFault[] {
    return [...this.#active.values()];
  }

  /**
   * Switches one on: `{kind, times?, path?}` and the kind's own numbers, for example `{kind: 'http-delay', ms: 500, times: 1}`.
   * @throws Refusal `fault-invalid`, `fault-limit`
   */
  add(wish: Readonly<Record<string, unknown>>): ActiveFault {
    if (this.#active.size >= MAX_ACTIVE) {
      throw new Refusal(409, 'Too many faults are switched on', { code: 'fault-limit', expected: `at most ${MAX_ACTIVE}` });
    }
    const { kind, times, path, ...rest } = wish;
    if (!isKind(kind)) throw invalid('kind', kind, `one of ${Object.keys(FAULT_KINDS).join(', ')}`);
    const spec: FaultSpec = FAULT_KINDS[kind];
    const count = times === undefined || times === null ? null : whole('times', times, 1, 1_000_000);
    const fault = { id: ++this.#lastId, kind, times: count, path: pathOf(spec, path), numbers: numbersOf(spec, rest) };
    this.#active.set(fault.id, fault);
    this.#changed();
    return fault;
  }

  /** @throws Refusal `fault-unknown` */
  remove(id: number): void {
    if (!this.#active.delete(id)) throw new Refusal(404, 'No such fault is switched on', { code: 'fault-unknown', found: String(id) });
    this.#changed();
  }

  clear(): void {
    this.#active.clear();
    this.#changed();
  }

  /** The oldest fault of this kind that applies to `path`, counted as one strike; null when there is none. */
  strike(kind: FaultKind, path = ''): ActiveFault | null {
    for (const fault of this.#active.values()) {
      if (fault.kind !== kind || (fault.path !== null && !path.includes(fault.path))) continue;
      if (fault.times !== null) this.#countDown(fault, fault.times - 1);
      return fault;
    }
    return null;
  }

  #countDown(fault: ActiveFault, times: number): void {
    if (times > 0) this.#active.set(fault.id, { ...fault, times });
    else this.#active.delete(fault.id);
    this.#changed();
  }
}

const isKind = (kind: unknown): kind is FaultKind => typeof kind === 'string' && Object.hasOwn(FAULT_KINDS, kind);

function pathOf(spec: FaultSpec, path: unknown): string | null {
  if (path === undefined || path === null || path === '') return null;
  if (spec.area !== 'http') throw invalid('path', path, 'nothing: only http faults have a path');
  if (typeof path !== 'string' || path.length > 200) throw invalid('path', path, 'a part of a path, at most 200 characters');
  return path;
}

function numbersOf(spec: FaultSpec, given: Readonly<Record<string, unknown>>): Record<string, number> {
  const known = spec.numbers ?? {};
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined)
    throw invalid(excerpt(unknown, 40), given[unknown], `one of ${['kind', 'times', 'path', ...Object.keys(known)].join(', ')}`);
  const entries = Object.entries(known).map(([name, range]): [string, number] => {
    const value = given[name];
    return [name, value === undefined || value === null ? range.default : whole(name, value, range.least, range.most)];
  });
  return Object.fromEntries(entries);
}

function whole(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(name, value, `a whole number from ${least} to ${most}`);
}

function invalid(name: string, found: unknown, expected: string): Refusal {
  const text = found === undefined ? 'nothing' : excerpt(JSON.stringify(found), 100);
  return new Refusal(400, `The fault's ${name} is not usable`, { code: 'fault-invalid', found: text, expected });
}

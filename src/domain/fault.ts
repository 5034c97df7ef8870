import { excerpt } from './card-data.ts';

/** Whose fault an error is: the one who must act on it. */
export type Blame = 'configuration' | 'caller' | 'peer' | 'device';

/** What every tilld error says besides its message. `found` never holds a secret; card data is taken out of both. */
export interface FaultDetail {
  /** Stable, kebab-case, part of the interface: programs match on it, never on the message. */
  readonly code: string;
  readonly found?: string;
  readonly expected?: string;
  /** What to do about it, as an instruction. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** Longest message, and longest text of what was found, characters. */
const MAX_TEXT = 20_000;

/** Base of every error tilld throws. Use one of the four subclasses, or a subclass of theirs. */
export abstract class Fault extends Error {
  abstract readonly blame: Blame;
  readonly code: string;
  readonly found: string | undefined;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, detail: FaultDetail) {
    super(excerpt(message, MAX_TEXT), detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = new.target.name;
    this.code = detail.code;
    this.found = detail.found === undefined ? undefined : excerpt(detail.found, MAX_TEXT);
    this.expected = detail.expected;
    this.remedy = detail.remedy;
  }

  /** The message with what was found, what was expected and what to do, on one line. */
  explain(): string {
    const parts = [this.message];
    if (this.found !== undefined) parts.push(`found ${this.found}`);
    if (this.expected !== undefined) parts.push(`expected ${this.expected}`);
    const text = parts.join('; ');
    return this.remedy === undefined ? text : `${text}. ${this.remedy}`;
  }
}

/** The configuration, a board file or a command line must be changed by its owner. */
export class ConfigurationFault extends Fault {
  override readonly blame = 'configuration';
}

/** The calling program or person asked for something that cannot be done as asked. */
export class CallerFault extends Fault {
  override readonly blame = 'caller';
}

/** A backend, broker or other machine on the network misbehaved or did not answer. */
export class PeerFault extends Fault {
  override readonly blame = 'peer';
}

/** This box's own hardware, disk or kernel failed. */
export class DeviceFault extends Fault {
  override readonly blame = 'device';
}

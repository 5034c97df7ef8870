import type { JsonObject } from './json.ts';
import type { Money } from './money.ts';
import type { Language } from './speech/language.ts';

/** A payment as a backend announces it: perhaps of a charge the box asked for, perhaps of one it knows nothing of. */
export interface PaymentNotice {
  /** Unique for ever: the same event is one payment, however often it comes. */
  readonly event: string;
  /** The backend's transaction; for a charge of this box, the charge. */
  readonly charge: string;
  readonly amount: Money;
  /** What to show, as the backend words it; may be empty. */
  readonly text: string;
  /** By the backend's clock, milliseconds since 1970. */
  readonly paidAtMs: number;
}

/** What a backend may set from afar; what it leaves out stays as it is. */
export interface RemoteSettings {
  /** Percent, 0 to 100. */
  readonly volume?: number;
  readonly language?: Language;
  /** 10 to 86,400. */
  readonly heartbeatSeconds?: number;
}

/** Settings with their version, which only grows. A push that cannot be used changes nothing, and says why. */
export type SettingsPush =
  | { readonly version: number; readonly settings: RemoteSettings }
  | { readonly version: number; readonly refusal: { readonly code: string; readonly reason: string } };

/** Something a backend wants done once. Which parameters a command takes, the command says. */
export interface RemoteCommand {
  readonly id: string;
  readonly name: string;
  readonly parameters: JsonObject;
}

/** What became of something a backend asked for. */
export interface Ack {
  /** Unique for ever: an acknowledgement that comes twice is one. */
  readonly id: string;
  readonly about:
    | { readonly kind: 'settings'; readonly version: number }
    | { readonly kind: 'command'; readonly command: string; readonly name: string };
  /** `accepted`: it is being done, and another acknowledgement follows. `ignored`: there was nothing to do. */
  readonly state: 'accepted' | 'done' | 'ignored' | 'refused' | 'failed';
  /** Stable code, empty for `accepted` and `done`. */
  readonly code: string;
  readonly reason: string;
  /** What a command found out; small, and without anything secret. */
  readonly result?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

import type { Screen } from '../../../domain/screen.ts';

interface Notice {
  readonly title: string;
  readonly hint: string;
}

/** Ways to pay, by the names backends give them, that have words and a sign of their own. */
export type KnownMethod =
  | 'CARD'
  | 'DEBIT_CARD'
  | 'CREDIT_CARD'
  | 'CONTACTLESS'
  | 'PAY_BY_BANK'
  | 'BANK_TRANSFER'
  | 'QR'
  | 'MOBILE_WALLET'
  | 'CASH'
  | 'GIFT_CARD'
  | 'TOP_UP_CARD';

/** Every word a screen shows, in one language. A text that is missing is a type error. */
export interface ScreenTexts {
  readonly starting: Notice;
  readonly pairing: Notice;
  readonly pairingRefused: Notice;
  readonly pin: Notice;
  readonly device: string;
  readonly choose: string;
  readonly welcome: string;
  readonly welcomeCash: string;
  readonly welcomeQr: string;
  readonly more: (count: number) => string;
  readonly qr: string;
  readonly cash: string;
  readonly card: string;
  readonly unavailable: string;
  readonly credit: string;
  readonly typed: Notice;
  readonly preparing: Notice;
  readonly orCash: string;
  readonly scan: Notice;
  readonly price: string;
  readonly left: (time: string) => string;
  readonly insertCash: string;
  readonly qrFollows: string;
  readonly qrUnavailable: string;
  readonly presentCard: Notice;
  readonly authorising: Notice;
  readonly announcement: string;
  readonly identify: Notice;
  readonly updating: Readonly<Record<Extract<Screen, { kind: 'updating' }>['step'], Notice>>;
  readonly checking: Notice;
  readonly delivering: Notice;
  readonly paid: string;
  readonly thanks: string;
  readonly creditKept: string;
  readonly failed: Readonly<Record<Extract<Screen, { kind: 'failed' }>['reason'], Notice>>;
  readonly amountSelect: { readonly title: string; readonly other: string };
  readonly keypad: {
    readonly title: string;
    readonly range: (min: string, max: string) => string;
    readonly tooLow: (min: string) => string;
    readonly tooHigh: (max: string) => string;
  };
  /** What stands on the buttons of a display one can touch. */
  readonly keys: { readonly ok: string; readonly clear: string; readonly cancel: string };
  readonly chooseMethod: string;
  readonly methods: Readonly<Record<KnownMethod, string>>;
  readonly topUp: {
    /** On a button, and where a key does it. */
    readonly offer: string;
    readonly press: string;
    readonly operator: string;
    readonly amount: string;
    readonly serial: string;
    readonly pin: string;
    readonly keys: string;
    readonly typingKeys: string;
    /** How many characters there are, and how many there are to be: `10-15`. */
    readonly typed: (typed: string, needed: string) => string;
    readonly short: (least: string) => string;
    readonly sent: Notice;
    readonly result: string;
    readonly worth: (worth: string, credited: string) => string;
    readonly rest: string;
    readonly failed: Readonly<Record<Extract<Screen, { kind: 'top-up-failed' }>['reason'], Notice>>;
  };
  readonly processing: Notice;
  /** `spent` is the hint when nothing more can be paid. */
  readonly limitError: Notice & { readonly spent: string; readonly limit: string; readonly remaining: string };
  readonly printTicket: Notice;
  readonly collectTicket: Notice;
  readonly thankYou: Notice;
  readonly deviceError: Notice & { readonly code: string };
  readonly outOfService: Notice;
  /** By the code of a reason; the readiness gate knows no others. */
  readonly reasons: Readonly<Record<'ledger' | 'output' | 'updating' | 'not-paired' | 'acceptor' | 'backend', string>>;
}

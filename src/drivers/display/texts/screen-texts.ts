import type { Screen } from '../../../domain/screen.ts';

interface Notice {
  readonly title: string;
  readonly hint: string;
}

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
  readonly outOfService: Notice;
  /** By the code of a reason; the readiness gate knows no others. */
  readonly reasons: Readonly<Record<'ledger' | 'output' | 'updating' | 'not-paired' | 'acceptor', string>>;
}

/**
 * Card data that may travel to the payment server and nowhere else: track 2, EMV data, PIN block. It does not turn
 * into text by accident: JSON, string conversion, spreading and inspection all yield `[hidden]`.
 */
export class CardSecret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one message that carries it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[hidden]';
  }

  toJSON(): string {
    return '[hidden]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[hidden]';
  }
}

/** Why a charge failed that nobody was ever asked for: there was no connection to send the request over. */
export const NOT_SENT = 'not-sent';

/** A card as a reader hands it over. Lives in memory, for one sale request. */
export interface PresentedCard {
  /** `VISA`, `AMEX` …: 1 to 16 capital letters and digits. */
  readonly org: string;
  /** First 6 and last 4 digits, asterisks between: all of the number that is ever stored or shown. */
  readonly maskedPan: string;
  readonly track2: CardSecret;
  /** TLV data of the chip in hexadecimal. */
  readonly emvData: CardSecret;
  /** PIN block in hexadecimal; all zeros without a PIN. */
  readonly pinBlock: CardSecret;
}

/** First 6 and last 4 digits of a card number (13 to 19 digits), asterisks between: PCI DSS 3.4.1. */
export function maskPan(pan: string): string {
  return pan.length < 13 ? '*'.repeat(pan.length) : `${pan.slice(0, 6)}${'*'.repeat(pan.length - 10)}${pan.slice(-4)}`;
}

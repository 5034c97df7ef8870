import { CardSecret, maskPan, type PresentedCard } from '../domain/card.ts';
import { CallerFault, DeviceFault } from '../domain/fault.ts';
import { type Money, money, numericCode } from '../domain/money.ts';
import type { CardReader } from '../ports/card-reader.ts';
import type { Clock } from '../ports/clock.ts';

/** The cards a person can hold against the simulated reader. */
export const TEST_CARDS = ['visa', 'amex', 'unreadable'] as const;
export type TestCard = (typeof TEST_CARDS)[number];

/** Published test numbers: no account is behind them. */
const KINDS = {
  visa: { org: 'VISA', pan: '4111111111111111', application: 'A0000000031010' },
  amex: { org: 'AMEX', pan: '378282246310005', application: 'A00000002501' },
} as const;

interface Waiting {
  readonly amount: Money;
  readonly resolve: (card: PresentedCard) => void;
  readonly reject: (fault: DeviceFault) => void;
}

/**
 * A reader that waits until somebody presents a test card. What it hands over has the form of real card data and none
 * of its substance: it is made anew each time, kept nowhere and told to nobody but the one who reads.
 */
export class SimulatedCardReader implements CardReader {
  readonly #clock: Clock;
  #waiting: Waiting | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async read(amount: Money, signal: AbortSignal): Promise<PresentedCard> {
    if (this.#waiting) throw busy();
    if (signal.aborted) throw aborted();
    const asked = money(amount.minor, amount.currency, 1);
    return new Promise((resolve, reject) => {
      const over = () => {
        signal.removeEventListener('abort', giveUp);
        this.#waiting = null;
      };
      const giveUp = () => {
        over();
        reject(aborted());
      };
      signal.addEventListener('abort', giveUp);
      this.#waiting = {
        amount: asked,
        resolve: (card) => {
          over();
          resolve(card);
        },
        reject: (fault) => {
          over();
          reject(fault);
        },
      };
    });
  }

  /** The amount a card is waited for, or null. */
  asks(): Money | null {
    return this.#waiting?.amount ?? null;
  }

  /** Holds a card against the reader. @throws CallerFault `card-not-wanted` when no card is waited for */
  present(card: TestCard): void {
    const waiting = this.#waiting;
    if (!waiting) throw notWanted();
    if (card === 'unreadable') waiting.reject(unreadable());
    else waiting.resolve(testCard(KINDS[card], waiting.amount, new Date(this.#clock.wallMs())));
  }
}

/** A card in the form of the DS50 guide's payment request (3.5.1): track 2 as PAN, `D`, expiry, service code, discretionary data. */
function testCard({ org, pan, application }: (typeof KINDS)[keyof typeof KINDS], amount: Money, now: Date): PresentedCard {
  const expiry = `${twoDigits(now.getUTCFullYear() + 2)}12`;
  return {
    org,
    maskedPan: maskPan(pan),
    track2: new CardSecret(`${pan}D${expiry}201${'0'.repeat(8)}`),
    emvData: new CardSecret(emvData(application, amount, now)),
    pinBlock: new CardSecret('0'.repeat(16)),
  };
}

/** The chip's data objects in the order of the guide's example, with values that no chip made. */
function emvData(application: string, amount: Money, now: Date): string {
  const currency = numericCode(amount.currency).padStart(4, '0');
  const date = [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate()].map(twoDigits).join('');
  const objects: readonly (readonly [tag: string, value: string])[] = [
    ['9F26', 'A1B2C3D4E5F6A7B8'],
    ['9F27', '80'],
    ['9F10', '06011203A00000'],
    ['9F37', 'A0B0C0D0'],
    ['9F36', '0001'],
    ['95', '0000000000'],
    ['9A', date],
    ['9C', '00'],
    ['9F02', String(amount.minor).padStart(12, '0').slice(-12)],
    ['5F2A', currency],
    ['82', '1800'],
    ['9F1A', currency],
    ['9F03', '0'.repeat(12)],
    ['9F33', 'E0F8C8'],
    ['9F34', '1E0300'],
    ['9F35', '21'],
    ['9F1E', Buffer.from('TILLDSIM', 'ascii').toString('hex').toUpperCase()],
    ['84', application],
    ['9F09', '0001'],
  ];
  return objects.map(([tag, value]) => tag + (value.length / 2).toString(16).toUpperCase().padStart(2, '0') + value).join('');
}

const twoDigits = (number: number): string => String(number % 100).padStart(2, '0');

const busy = () =>
  new CallerFault('The card reader waits for another card already', {
    code: 'card-reader-busy',
    expected: 'one read at a time',
    remedy: 'End the first read by its signal.',
  });

const aborted = () => new DeviceFault('The card is not waited for any longer', { code: 'card-aborted' });

const unreadable = () =>
  new DeviceFault('The card could not be read', { code: 'card-unreadable', remedy: 'Present it again, or another card.' });

const notWanted = () =>
  new CallerFault('No card is waited for', {
    code: 'card-not-wanted',
    found: 'an idle card reader',
    expected: 'a sale that waits for a card',
    remedy: 'Type an amount and press OK, or send the box an order; then present the card.',
  });

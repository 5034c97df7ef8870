import { type Currency, decimalText, type Money } from '../domain/money.ts';
import type { Clock } from '../ports/clock.ts';
import type { Announcement, Speaker } from '../ports/speaker.ts';

/** What was said, with the wall time at which it began. */
export interface Spoken {
  readonly atMs: number;
  readonly text: string;
}

const LINES = 1_000;
/** About three words a second. */
const MS_PER_WORD = 330;

const CURRENCY_WORDS: Readonly<Record<Currency, string>> = {
  THB: 'baht',
  IDR: 'rupiah',
  VND: 'dong',
  CNY: 'yuan',
  GBP: 'pounds',
  EUR: 'euros',
  USD: 'dollars',
};

/** A loudspeaker that writes down what it says, in plain words, and takes the time it would take to say it. */
export class SimulatedSpeaker implements Speaker {
  readonly #clock: Clock;
  readonly #lines: Spoken[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  say(announcement: Announcement): Promise<void> {
    this.#last = this.#last.then(() => this.#speak(words(announcement)));
    return this.#last;
  }

  /** The last lines said, oldest first. */
  transcript(): readonly Spoken[] {
    return this.#lines;
  }

  #speak(text: string): Promise<void> {
    if (this.#lines.push({ atMs: this.#clock.wallMs(), text }) > LINES) this.#lines.shift();
    return new Promise((resolve) => void this.#clock.after(text.split(' ').length * MS_PER_WORD, resolve));
  }
}

function words({ phrase, amount }: Announcement): string {
  const sum = amount ? ` ${amountWords(amount)}` : '';
  switch (phrase) {
    case 'received':
      return `Received${sum}`;
    case 'delivered':
      return 'Thank you, here you are';
    case 'failed':
      return 'Sorry, that did not work';
    case 'paired':
      return 'The box is paired';
  }
}

const amountWords = (amount: Money): string => `${decimalText(amount).replace(/\.0+$/, '')} ${CURRENCY_WORDS[amount.currency]}`;

import { type Currency, decimalText, type Money } from '../domain/money.ts';
import { type ClipName, clipOf } from '../domain/speech/clip-names.ts';
import type { Clock } from '../ports/clock.ts';
import type { Announcement, Speaker, Volume } from '../ports/speaker.ts';

/** What was said, with the wall time at which it began. */
export interface Spoken {
  readonly atMs: number;
  readonly text: string;
  /** The recorded clip that says it on a DS50, or null when there is none. */
  readonly clip: ClipName | null;
  /** 1 to 5. */
  readonly volume: Volume;
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
  #volume: Volume = 3;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  say(announcement: Announcement): Promise<void> {
    this.#last = this.#last.then(() => this.#speak(announcement));
    return this.#last;
  }

  setVolume(volume: Volume): void {
    this.#volume = volume;
  }

  /** The last lines said, oldest first. */
  transcript(): readonly Spoken[] {
    return this.#lines;
  }

  #speak(announcement: Announcement): Promise<void> {
    const text = words(announcement);
    const line = { atMs: this.#clock.wallMs(), text, clip: clipOf(announcement.phrase), volume: this.#volume };
    if (this.#lines.push(line) > LINES) this.#lines.shift();
    return new Promise((resolve) => void this.#clock.after(text.split(' ').length * MS_PER_WORD, resolve));
  }
}

function words({ phrase, amount }: Announcement): string {
  const sum = amount ? amountWords(amount) : '';
  switch (phrase) {
    case 'received':
      return `Received ${sum}`.trimEnd();
    case 'delivered':
      return 'Thank you, here you are';
    case 'failed':
      return 'Sorry, that did not work';
    case 'paired':
      return 'The box is paired';
    case 'amount':
      return `Amount paid ${sum}`.trimEnd();
    case 'present-card':
      return sum === '' ? 'Please present your card' : `${sum}, please present your card`;
    case 'card-declined':
      return 'The card was declined';
    case 'card-unanswered':
      return 'The payment is not confirmed, please do not pay again';
    case 'update-installing':
      return 'Installing an update, please do not switch off';
    case 'update-done':
      return 'The update is done';
    case 'update-failed':
      return 'The update failed';
    case 'volume-up':
      return 'Volume up';
    case 'volume-down':
      return 'Volume down';
    case 'volume-max':
      return 'Maximum volume';
    case 'volume-min':
      return 'Minimum volume';
  }
}

const amountWords = (amount: Money): string => `${decimalText(amount).replace(/\.0+$/, '')} ${CURRENCY_WORDS[amount.currency]}`;

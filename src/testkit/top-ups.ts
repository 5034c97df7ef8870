import { CardSecret } from '../domain/card.ts';
import type { TopUpCard } from '../domain/top-up.ts';
import type { ChargeAnswer, TopUpGateway, TopUpRequest } from '../ports/gateway.ts';

/** Nobody has this card, and its numbers are nowhere else. */
export const PLANTED_SERIAL = '864209753186420';
export const PLANTED_PIN = '97531864208642';

/** A card of 50,000 dong. */
export const topUpCard = (change: Partial<TopUpCard> = {}): TopUpCard => ({
  operator: 'Viettel',
  amountMinor: 50_000,
  serial: new CardSecret(PLANTED_SERIAL),
  pin: new CardSecret(PLANTED_PIN),
  ...change,
});

/** Where the numbers of the card are in a text, in whatever way it is written. */
export function topUpLeaks(where: string, content: string | Uint8Array): string[] {
  const text = Buffer.from(content as string).toString('latin1');
  const joined = text.replaceAll(/(?<=\d)[ \-.:,"\0]+(?=\d)/g, '');
  return [PLANTED_SERIAL, PLANTED_PIN].flatMap((secret) => {
    const forms = [secret.slice(0, 10), secret.slice(-10), [...secret].reverse().join(''), Buffer.from(secret).toString('hex')];
    return forms.some((form) => text.includes(form) || joined.includes(form)) ? [`${where}: a number of the card`] : [];
  });
}

/** A backend that takes cards when the test says so; a submission nobody answers stays open. */
export class ScriptedTopUps implements TopUpGateway {
  readonly operators = ['Viettel', 'Vinaphone', 'Mobifone', 'Vietnamobile', 'Zing'];
  readonly faceValues = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000];
  readonly submitted: TopUpRequest[] = [];
  /** Whether each of them is still wanted. */
  readonly signals: AbortSignal[] = [];
  readonly #open: { resolve(answer: ChargeAnswer): void; reject(fault: Error): void }[] = [];

  charge(id: string): string {
    return `topup-${id}`;
  }

  submit(request: TopUpRequest, signal: AbortSignal): Promise<ChargeAnswer> {
    this.submitted.push(request);
    this.signals.push(signal);
    return new Promise((resolve, reject) => this.#open.push({ resolve, reject }));
  }

  answer(answer: ChargeAnswer | Error): void {
    const next = this.#open.shift();
    if (!next) throw new Error('No card is being sent');
    if (answer instanceof Error) next.reject(answer);
    else next.resolve(answer);
  }
}

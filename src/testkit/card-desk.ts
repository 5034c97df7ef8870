import { CardSecret, type PresentedCard } from '../domain/card.ts';
import { DeviceFault } from '../domain/fault.ts';
import type { CardReader } from '../ports/card-reader.ts';
import type { CardGateway, CardRequest, ChargeAnswer } from '../ports/gateway.ts';

/** A card with synthetic data. */
export const testCard = (): PresentedCard => ({
  org: 'VISA',
  maskedPan: '411111******1111',
  track2: new CardSecret('4111111111111111D27122010000000000000'),
  emvData: new CardSecret('5A084111111111111111'),
  pinBlock: new CardSecret('0000000000000000'),
});

/** A reader before which the test presents cards. */
export class ScriptedCardReader implements CardReader {
  waiting: { readonly minor: number; present: (card: PresentedCard | Error) => void } | null = null;

  read(amount: { readonly minor: number }, signal: AbortSignal): Promise<PresentedCard> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.waiting = null;
        signal.removeEventListener('abort', aborted);
      };
      const aborted = () => {
        end();
        reject(new DeviceFault('Nobody waits for a card any more', { code: 'card-aborted' }));
      };
      signal.addEventListener('abort', aborted, { once: true });
      const present = (card: PresentedCard | Error) => {
        end();
        card instanceof Error ? reject(card) : resolve(card);
      };
      this.waiting = { minor: amount.minor, present };
    });
  }
}

/** A payment server that answers when the test says so; a request nobody expects stays open. */
export class ScriptedCards implements CardGateway {
  readonly requests: CardRequest[] = [];
  readonly #answers: ((answer: ChargeAnswer) => void)[] = [];

  charge({ batch, trace }: { readonly batch: number; readonly trace: number }): string {
    return `20260101-${String(batch).padStart(6, '0')}-${String(trace).padStart(6, '0')}`;
  }

  authorise(request: CardRequest): Promise<ChargeAnswer> {
    this.requests.push(request);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  answer(answer: ChargeAnswer): void {
    const next = this.#answers.shift();
    if (!next) throw new Error('No sale request is open');
    next(answer);
  }
}

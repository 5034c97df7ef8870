import { PeerFault } from '../domain/fault.ts';
import type {
  CardFee,
  CardState,
  CardSubmission,
  LinkNotice,
  LinkRequest,
  LinkState,
  PaymentLink,
  PayOsUpstream,
  TheSieuTocUpstream,
} from '../refserver/payment-gateway/upstreams.ts';

/** How a scripted service answers the next call of a kind; `lost` and `silent`: it does what it is asked, and the answer is lost or never comes. */
export type Manner = 'unreachable' | 'refused' | 'invalid' | 'lost' | 'silent' | 'hang' | 'broken';

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(fault('unreachable')), { once: true }));
const fault = (manner: Manner): Error =>
  manner === 'broken'
    ? new RangeError('a mistake in a client')
    : new PeerFault('Scripted', { code: `upstream-${manner === 'lost' ? 'unreachable' : manner}`, found: 'code 99: scripted words' });

/** What is asked of a scripted service, in order, and how it will answer. */
class Script {
  /** Every call: its kind and what it was about. */
  readonly calls: string[] = [];
  readonly #next = new Map<string, Manner[]>();

  /** The next calls of a kind are answered so, one each; those after them as usual. */
  next(kind: string, ...manners: Manner[]): void {
    this.#next.set(kind, [...(this.#next.get(kind) ?? []), ...manners]);
  }

  async play<T>(kind: string, what: string | number, signal: AbortSignal, work: () => T): Promise<T> {
    this.calls.push(`${kind} ${what}`);
    const manner = this.#next.get(kind)?.shift();
    if (manner === undefined) return work();
    if (manner === 'lost' || manner === 'silent') work();
    if (manner === 'silent' || manner === 'hang') return never(signal);
    throw fault(manner);
  }
}

const PENDING: CardState = { status: 0, actualAmount: null, receivedAmount: null, message: 'scripted' };

/** TheSieuToc as a test wants it: cards stay pending until `says` tells what they are. */
export class ScriptedTheSieuToc implements TheSieuTocUpstream {
  readonly script = new Script();
  readonly known = new Map<string, CardState>();
  readonly submitted: CardSubmission[] = [];
  readonly asked: CardSubmission[] = [];
  table: CardFee[] = [
    { type: 'Viettel', value: 10_000, fees: 12.5, penalty: 50 },
    { type: 'Viettel', value: 50_000, fees: 12.5, penalty: 50 },
    { type: 'Vinaphone', value: 10_000, fees: 14, penalty: 50 },
  ];
  /** What a card is as soon as it is submitted. */
  at: CardState = PENDING;
  there = true;

  says(id: string, state: Partial<CardState>): void {
    this.known.set(id, { ...PENDING, ...state });
  }

  submit(card: CardSubmission, signal: AbortSignal): Promise<CardState> {
    this.submitted.push(card);
    return this.script.play('submit', card.id, signal, () => {
      if (!this.known.has(card.id)) this.known.set(card.id, this.at);
      return this.known.get(card.id) as CardState;
    });
  }

  status(card: CardSubmission, signal: AbortSignal): Promise<CardState | null> {
    this.asked.push(card);
    return this.script.play('status', card.id, signal, () => this.known.get(card.id) ?? null);
  }

  fees(account: string | null, signal: AbortSignal): Promise<readonly CardFee[]> {
    return this.script.play('fees', account ?? '-', signal, () => this.table);
  }

  probe(signal: AbortSignal): Promise<boolean> {
    return this.script.play('probe', '-', signal, () => this.there);
  }
}

/** PayOS as a test wants it. */
export class ScriptedPayOs implements PayOsUpstream {
  readonly script = new Script();
  readonly known = new Map<number, LinkState>();
  readonly requests: LinkRequest[] = [];
  there = true;
  readonly #clock: { wallMs(): number };

  constructor(clock: { wallMs(): number }) {
    this.#clock = clock;
  }

  says(orderCode: number, state: Partial<LinkState>): void {
    const known = this.known.get(orderCode);
    if (known) this.known.set(orderCode, { ...known, ...state });
  }

  createLink(request: LinkRequest, signal: AbortSignal): Promise<PaymentLink> {
    this.requests.push(request);
    const { orderCode, amount, description } = request;
    return this.script.play('create', orderCode, signal, () => {
      if (this.known.has(orderCode)) throw fault('refused');
      const paymentLinkId = `link${orderCode}`;
      const state = { orderCode, paymentLinkId, amount, amountPaid: 0, amountRemaining: amount, status: 'PENDING' } as const;
      this.known.set(orderCode, { ...state, createdAtMs: this.#clock.wallMs(), transfers: [] });
      return {
        bin: '970422',
        accountNumber: '0123456789',
        accountName: 'CONG TY ABC',
        amount,
        description,
        orderCode,
        paymentLinkId,
        qrCode: `QR of ${orderCode}`,
        checkoutUrl: `https://pay.example/web/${paymentLinkId}`,
        status: 'PENDING',
      };
    });
  }

  link(orderCode: number, signal: AbortSignal): Promise<LinkState | null> {
    return this.script.play('link', orderCode, signal, () => this.known.get(orderCode) ?? null);
  }

  cancelLink(orderCode: number, _reason: string, signal: AbortSignal): Promise<LinkState> {
    return this.script.play('cancel', orderCode, signal, () => {
      this.says(orderCode, { status: 'CANCELLED' });
      return this.known.get(orderCode) as LinkState;
    });
  }

  /** A body is `{notice, signature}`, signed when the signature says `right`. */
  readNotice(body: unknown): LinkNotice | null {
    const { notice, signature } = body as { notice?: LinkNotice; signature?: string };
    if (notice === undefined) throw fault('invalid');
    return signature === 'right' ? notice : null;
  }

  probe(signal: AbortSignal): Promise<boolean> {
    return this.script.play('probe', '-', signal, () => this.there);
  }
}

import { CallerFault } from '../../domain/fault.ts';
import type { Money } from '../../domain/money.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import { checkTopUp } from '../../domain/top-up.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ChargeAnswer, TopUpGateway, TopUpRequest } from '../../ports/gateway.ts';
import { type Backend, SPARE_GETS } from './backend.ts';
import * as codec from './codec.ts';
import { answerOfCard, decoded, isFinal, PENDING, readIn, receiptOf, unclear, unusable } from './top-up-answer.ts';

export interface TopUpsOptions {
  readonly backend: Backend;
  /** Of the box. */
  readonly serial: string;
  readonly clock: Clock;
}

/** What this run of the box knows of a card that was sent; never what stands on it. */
interface Followed {
  transaction: string | null;
  /** It may have arrived without an answer to say so. */
  lost: boolean;
  /** The gateway has said that it has it. */
  taken: boolean;
  /** When the gateway was last made to ask the operator, or was first seen to wait for it; monotonic. */
  askedAtMs: number | null;
}

const PREFIX = 'topup-';
const MOST_USERNAME = 64;
/** The gateway asks the operator when it is asked by POST, of which there are few: so seldom, and only with so many to spare. */
const STATUS_EVERY_MS = 30_000;
const SPARE_POSTS = 3;
/** However many cards are tried, a QR can be had. */
const SPARE_CHECKOUTS = 1;

/**
 * Top-up cards at the gateway (document 1, 3.2 and 3.3). A card goes out under a name made of the box and the charge, so that
 * even a box that has forgotten everything else finds it again: by GET, of which there are many.
 */
export class TopUps implements TopUpGateway {
  readonly operators = codec.CARD_TYPES;
  readonly faceValues = codec.CARD_AMOUNTS;
  readonly #o: TopUpsOptions;
  readonly #followed = new Map<string, Followed>();
  #statusAtMs = Number.NEGATIVE_INFINITY;
  /** The card on the screen: the last one that was sent, and after a start the first one that is asked about. */
  #front: string | null = null;

  constructor(options: TopUpsOptions) {
    this.#o = options;
  }

  charge(id: string): string {
    return `${PREFIX}${id}`;
  }

  isCharge(charge: string): boolean {
    return charge.startsWith(PREFIX);
  }

  /** Nobody asks about it any more. */
  forget(charge: string): void {
    this.#followed.delete(charge);
  }

  async submit(request: TopUpRequest, signal: AbortSignal): Promise<ChargeAnswer> {
    const { charge } = request;
    const body = this.#body(request);
    const followed = this.#follow(charge);
    const sentBefore = followed.lost;
    this.#front = charge;
    if (sentBefore && (await this.#find(charge, followed, signal)) !== 'nothing') return PENDING;
    // From here on it may be there, unless something says that it is not.
    followed.lost = true;
    const question = { operation: 'top-up', path: codec.CARDS_PATH, signal, body, spare: SPARE_CHECKOUTS } as const;
    const reply = await this.#o.backend.send(question).catch((error: unknown) => {
      if (error instanceof RequestFault && error.unsent) followed.lost = sentBefore;
      throw error;
    });
    const receipt = receiptOf(reply);
    if (receipt.receipt === 'reply') return this.#taken(reply.body, request, followed);
    if (receipt.receipt !== 'lost') followed.lost = sentBefore;
    if (receipt.receipt !== 'refused') throw receipt.fault;
    const { reason } = receipt;
    if (!sentBefore || isFinal(reason)) return { state: 'failed', reason };
    // What was sent before may be what this one is a duplicate of, and on its way through the gateway still.
    return (await this.#find(charge, followed, signal)) === 'nothing' ? { state: 'unresolved', reason } : PENDING;
  }

  /** What became of a card. @throws RequestFault for everything that is no answer about it */
  async query(charge: string, signal: AbortSignal, amount?: Money): Promise<ChargeAnswer> {
    if (amount !== undefined && amount.currency !== 'VND') return unclear('amount-mismatch');
    const declared = amount?.minor ?? null;
    const followed = this.#follow(charge);
    this.#front ??= charge;
    const found = await this.#find(charge, followed, signal);
    if (found === 'nothing') return followed.taken ? unclear('not-found') : { state: 'unresolved', reason: 'not-found' };
    if (found === 'several') return unclear('contradictory-answer');
    const question = { operation: 'top-up-logs', path: codec.logsPath(found.transaction), signal, spare: this.#spare(charge) } as const;
    const card = readIn(await this.#o.backend.send(question), codec.decodeLogsReply);
    if (card?.transaction !== found.transaction || card.username !== this.#username(charge)) {
      // It may stand there under another number: it is looked for by its name again.
      followed.transaction = null;
      return unclear('contradictory-answer');
    }
    const answer = answerOfCard(card, declared);
    if (answer !== PENDING) return answer;
    return (await this.#urge(found.transaction, followed, declared, signal)) ?? answer;
  }

  /** The transaction of a card; `several` when more than one of them may be worth something. */
  async #find(charge: string, followed: Followed, signal: AbortSignal): Promise<{ readonly transaction: string } | 'nothing' | 'several'> {
    if (followed.transaction !== null) return { transaction: followed.transaction };
    const username = this.#username(charge);
    const question = { operation: 'top-up-search', path: codec.searchPath(username), signal, spare: this.#spare(charge) } as const;
    const all = readIn(await this.#o.backend.send(question), (raw) => codec.decodeSearchReply(raw, username)) ?? [];
    const mine = all.filter((card) => (card.requestId ?? charge) === charge);
    const [first, ...others] = mine.some(({ failed }) => !failed) ? mine.filter(({ failed }) => !failed) : mine.slice(0, 1);
    if (first === undefined) return 'nothing';
    if (others.length > 0) return 'several';
    followed.transaction = first.transaction;
    followed.taken = true;
    return { transaction: first.transaction };
  }

  /** Has the gateway ask the operator, where that keeps no checkout waiting. What goes wrong with it changes nothing, and is counted. */
  async #urge(transaction: string, followed: Followed, declared: number | null, signal: AbortSignal): Promise<ChargeAnswer | null> {
    const { backend, clock } = this.#o;
    const nowMs = clock.monotonicMs();
    followed.askedAtMs ??= nowMs;
    const lastMs = Math.max(followed.askedAtMs, this.#statusAtMs);
    if (nowMs - lastMs < STATUS_EVERY_MS || backend.freePosts() < SPARE_POSTS) return null;
    followed.askedAtMs = nowMs;
    this.#statusAtMs = nowMs;
    try {
      const body = codec.encodeCardStatusRequest(transaction);
      const reply = await backend.send({ operation: 'top-up-status', path: codec.CARD_STATUS_PATH, signal, body });
      const card = readIn(reply, codec.decodeCardStatusReply);
      return card?.transaction === transaction ? answerOfCard(card, declared) : null;
    } catch (error) {
      if (error instanceof RequestFault) return null;
      throw error;
    }
  }

  #taken(reply: Uint8Array, { declared, operator, pin, serial }: TopUpRequest, followed: Followed): ChargeAnswer {
    const said = decoded(() => codec.decodeCardSubmitReply(reply));
    if (said.amount !== declared.minor || said.type !== operator) throw unusable('charge-mismatch');
    // It is asked for by this name in every address, and addresses are written down.
    if ([pin, serial].some((secret) => said.transaction.includes(secret.reveal()))) throw unusable('message-invalid');
    followed.transaction = said.transaction;
    followed.taken = true;
    return said.status === 'failed' ? { state: 'failed', reason: 'failed' } : PENDING;
  }

  #body({ charge, operator, declared, serial, pin }: TopUpRequest): Uint8Array {
    checkTopUp({ operator, amountMinor: declared.minor, serial, pin }, this);
    const type = this.operators.find((known) => known === operator);
    const amount = this.faceValues.find((value) => value === declared.minor);
    if (type === undefined || amount === undefined || declared.currency !== 'VND') {
      throw new CallerFault('The gateway takes cards in VND only', { code: 'top-up-invalid', found: declared.currency, expected: 'VND' });
    }
    return codec.encodeCardSubmitRequest({ username: this.#username(charge), type, amount, pin, serial, requestId: charge });
  }

  #follow(charge: string): Followed {
    const known = this.#followed.get(charge) ?? { transaction: null, lost: false, taken: false, askedAtMs: null };
    this.#followed.set(charge, known);
    return known;
  }

  /** Requests that are left for what is on the screen. */
  #spare(charge: string): number {
    return charge === this.#front ? 0 : SPARE_GETS;
  }

  /** The charge tells it from every other; the box is for people, as far as there is room. */
  #username(charge: string): string {
    const box = this.#o.serial.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, MOST_USERNAME - 1 - charge.length);
    return `${box}:${charge}`;
  }
}

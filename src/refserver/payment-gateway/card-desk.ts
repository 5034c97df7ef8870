import type { DatabaseSync } from 'node:sqlite';
import { PeerFault } from '../../domain/fault.ts';
import type { BackendClock, BackendLog } from '../environment.ts';
import { agrees, type CardNotice } from './card-callback.ts';
import type { CardRequest } from './card-request.ts';
import { type Card, type CardOutcome, type Cards, statusNumber } from './cards.ts';
import type { FeeBook } from './fee-book.ts';
import { followNext, patience } from './following.ts';
import { withoutSecrets } from './mask.ts';
import { Once } from './once.ts';
import { notFound, Rejection } from './rejection.ts';
import type { TimelineEntry } from './timeline.ts';
import { isRefusal, type UpstreamCalls } from './upstream-call.ts';
import { CARD_STATUS, type CardState, type TheSieuTocUpstream } from './upstreams.ts';

export interface CardDeskSide {
  readonly db: DatabaseSync;
  readonly cards: Cards;
  readonly fees: FeeBook;
  readonly upstream: TheSieuTocUpstream;
  readonly calls: UpstreamCalls;
  readonly clock: BackendClock;
  readonly log: BackendLog;
  readonly changed: () => void;
}

const LONGEST_WAIT_MS = 1_800_000;
/** After this nobody is asked by itself any more; a callback and a question of the client still are. */
const FOLLOWED_MS = 7 * 86_400_000;
/** An answer that was lost may hide that a card was taken: of one that is sent again only refusals over some time say anything. */
const REFUSALS_OF_UNSURE = 3;
const UNSURE_MS = 600_000;

/** What happens to top-up cards: kept first, then sent, then followed until TheSieuToc says what they have come to. */
export class CardDesk {
  readonly #side: CardDeskSide;
  readonly #once = new Once<string>();

  constructor(side: CardDeskSide) {
    this.#side = side;
  }

  /**
   * Takes a card. The same request_id with the same card is the same submission.
   * @throws Rejection `duplicate-card`, `request-id-used`
   */
  async submit(request: CardRequest, client: string): Promise<Card> {
    const { cards, clock, log, changed } = this.#side;
    const nowMs = clock.wallMs();
    const kept = cards.keep(request, client, nowMs, nowMs + patience(0, LONGEST_WAIT_MS));
    if ('kind' in kept) {
      if (kept.kind === 'repeated') return kept.card;
      throw kept.kind === 'duplicate' ? duplicateCard(kept.card) : requestIdUsed();
    }
    log.info('gateway.card', { transaction: kept.id, type: kept.type, amount: kept.declaredAmount });
    changed();
    await this.#once.run(kept.id, () => this.#send(kept, 'first'));
    return this.#known(kept.id);
  }

  /** Asks what a card has come to, unless that is known. @throws Rejection `transaction-not-found` */
  async check(id: string): Promise<Card> {
    const card = this.#known(id);
    if (card.status === 'PENDING') await this.#once.run(id, () => this.#ask(card));
    return this.#known(id);
  }

  /** Takes what was said to be news of a card: applied only when TheSieuToc itself says the same. */
  async notice(notice: CardNotice): Promise<void> {
    const { cards, upstream, calls, clock, log, db } = this.#side;
    const card = cards.find(notice.id);
    const meant = card !== null && notice.cardType === card.type && cards.isCard(card.id, notice.pin, notice.serial);
    if (!meant) {
      log.warn('gateway.callback-ignored', { service: 'thesieutoc', reason: 'no such card was submitted' });
      return;
    }
    if (card.status !== 'PENDING') {
      // One that comes again is no news.
      if (notice.status === statusNumber(card.status)) return;
      log.warn('gateway.callback-ignored', {
        service: 'thesieutoc',
        transaction: card.id,
        reason: `the card is settled as ${card.status}, and the callback says otherwise`,
      });
      return;
    }
    cards.note(card.id, ['CALLBACK_RECEIVED'], clock.wallMs());
    try {
      const state = await calls.ask((signal) => upstream.status(cards.submission(card), signal));
      if (state !== null && agrees(notice, state, card.declaredAmount)) {
        await this.#apply(card, state, ['VERIFIED']);
        return;
      }
      cards.note(card.id, ['CALLBACK_MISMATCH'], clock.wallMs());
      log.warn('gateway.callback-ignored', { service: 'thesieutoc', transaction: card.id, reason: 'TheSieuToc says otherwise' });
    } catch (error) {
      this.#left(card, error);
      followNext(db, card.id, clock.wallMs());
    }
  }

  /** Looks after a pending card that is due. */
  async follow(id: string): Promise<void> {
    const { cards, clock, db } = this.#side;
    const card = cards.find(id);
    const nowMs = clock.wallMs();
    if (card?.status !== 'PENDING') {
      followNext(db, id, null);
      return;
    }
    const ageMs = nowMs - card.createdAtMs;
    // Before it is asked: if that brings the gateway down, it is not the first thing it does again.
    followNext(db, id, ageMs < FOLLOWED_MS ? nowMs + patience(ageMs, LONGEST_WAIT_MS) : null);
    if (ageMs >= FOLLOWED_MS) cards.note(id, ['FOLLOW_UP_ENDED'], nowMs);
    await this.#once.run(id, () => this.#ask(card));
  }

  /** Sends it, or, when that may have been done before, asks for it first. */
  async #ask(card: Card): Promise<void> {
    const { cards, upstream, calls } = this.#side;
    try {
      const state = await calls.ask((signal) => upstream.status(cards.submission(card), signal));
      if (state !== null) await this.#apply(card, state, ['VERIFIED']);
      else if (!card.accepted) await this.#send(card, 'again');
    } catch (error) {
      this.#left(card, error);
    }
  }

  async #send(card: Card, time: 'first' | 'again'): Promise<void> {
    const { cards, upstream, calls, clock } = this.#side;
    try {
      const state = await calls.ask((signal) => upstream.submit(cards.submission(card), signal));
      // Perhaps it failed because TheSieuToc had it already, from the first time.
      if (time === 'again' && state.status === CARD_STATUS.FAILED) return this.#refused(card, time);
      await this.#apply(card, state, []);
    } catch (error) {
      if (isRefusal(error)) return this.#refused(card, time);
      this.#left(card, error);
      if (time === 'first') cards.note(card.id, ['SEND_FAILED'], clock.wallMs());
    }
  }

  #refused(card: Card, time: 'first' | 'again'): void {
    const { cards, clock, log, changed } = this.#side;
    const refusals = cards.refuse(card.id);
    log.warn('gateway.card-refused', { transaction: card.id, refusals });
    const ageMs = clock.wallMs() - card.createdAtMs;
    if (time === 'again' && (refusals < REFUSALS_OF_UNSURE || ageMs < UNSURE_MS)) return;
    cards.settle(card.id, { ...FAILED, message: 'TheSieuToc từ chối nhận thẻ.' }, ['REFUSED'], clock.wallMs());
    changed();
  }

  async #apply(card: Card, state: CardState, entries: readonly TimelineEntry[]): Promise<void> {
    const { cards, clock, log, changed } = this.#side;
    cards.accept(card.id, clock.wallMs());
    if (state.status === CARD_STATUS.PENDING) return;
    const outcome = await this.#outcome(card, state);
    if (outcome === null) {
      log.warn('gateway.upstream-invalid', { transaction: card.id, reason: 'a settled card whose amounts are missing or contradict it' });
      return;
    }
    if (!cards.settle(card.id, outcome, entries, clock.wallMs())) return;
    log.info('gateway.card-settled', { transaction: card.id, status: outcome.status, received: outcome.receivedAmount });
    changed();
  }

  async #outcome(card: Card, { status, actualAmount, receivedAmount, message }: CardState): Promise<CardOutcome | null> {
    if (status === CARD_STATUS.FAILED) return { ...FAILED, message: withoutSecrets(message).slice(0, 200) || FAILED.message };
    if (!isAmount(actualAmount) || !isAmount(receivedAmount) || receivedAmount > actualAmount) return null;
    if ((status === CARD_STATUS.SUCCESS) !== (actualAmount === card.declaredAmount)) return null;
    const fee = await this.#side.fees.of(card.type, actualAmount);
    const amounts = { actualAmount, receivedAmount, feePercent: fee?.fees ?? null };
    return status === CARD_STATUS.SUCCESS
      ? { ...amounts, status: 'SUCCESS', penaltyPercent: null, message: 'Gạch thẻ thành công' }
      : {
          ...amounts,
          status: 'WRONG_AMOUNT',
          penaltyPercent: fee?.penalty ?? null,
          message: 'Thẻ đúng nhưng sai mệnh giá. Đã áp dụng phí phạt.',
        };
  }

  #known(id: string): Card {
    const card = this.#side.cards.find(id);
    if (card === null) throw notFound('transaction');
    return card;
  }

  /** A peer's failure leaves a card as it is, to be followed; anything else is for who called. What a peer said may hold a PIN. */
  #left(card: Card, error: unknown): void {
    if (!(error instanceof PeerFault)) throw error;
    this.#side.log.warn('gateway.upstream-failed', { service: 'thesieutoc', transaction: card.id, code: error.code });
  }
}

const FAILED = {
  status: 'FAILED',
  actualAmount: null,
  receivedAmount: 0,
  feePercent: null,
  penaltyPercent: null,
  message: 'Thẻ không hợp lệ, đã sử dụng hoặc hết hạn.',
} as const;

const isAmount = (value: number | null): value is number => value !== null && Number.isSafeInteger(value) && value >= 0;

const duplicateCard = (card: Card): Rejection =>
  new Rejection(400, 'Thẻ này đã được gửi trước đó. Vui lòng kiểm tra lại.', {
    code: 'duplicate-card',
    type: 'Duplicate Card',
    details: { previous_transaction: card.id, submitted_at: new Date(card.createdAtMs).toISOString() },
  });

const requestIdUsed = (): Rejection =>
  new Rejection(400, 'request_id này đã được dùng cho một thẻ khác. Vui lòng dùng request_id mới.', {
    code: 'request-id-used',
    type: 'Duplicate Request',
  });

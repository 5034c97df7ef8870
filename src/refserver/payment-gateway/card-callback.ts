import { CARD_STATUS, type CardState, type CardStatus } from './upstreams.ts';

/** What somebody who says to be TheSieuToc tells of a card (document 1.4). Nothing of it is believed. */
export interface CardNotice {
  readonly id: string;
  readonly pin: string;
  readonly serial: string;
  readonly cardType: string;
  /** A face value: sources tell of the declared one and of the one that was found. */
  readonly amount: number | null;
  /** Null for a word that is not known. */
  readonly status: CardStatus | null;
  readonly actualAmount: number | null;
  readonly receivedAmount: number | null;
}

const STATUSES: Readonly<Record<string, CardStatus>> = {
  thanhcong: CARD_STATUS.SUCCESS,
  thatbai: CARD_STATUS.FAILED,
  saimenhgia: CARD_STATUS.WRONG_AMOUNT,
};

/** Total: what is missing or makes no sense matches nothing later. */
export function readCardNotice(form: URLSearchParams): CardNotice {
  const status = form.get('status') ?? '';
  return {
    id: form.get('content') ?? '',
    pin: form.get('pin') ?? '',
    serial: form.get('serial') ?? '',
    cardType: form.get('card_type') ?? '',
    amount: amountIn(form.get('amount')),
    status: (Object.hasOwn(STATUSES, status) ? STATUSES[status] : null) ?? null,
    actualAmount: amountIn(form.get('receive_amount')),
    receivedAmount: amountIn(form.get('real_amount')),
  };
}

/** Whether it says the same as TheSieuToc itself of a card declared as `declared`. Of a card that failed no other amounts are told. */
export function agrees(notice: CardNotice, state: CardState, declared: number): boolean {
  if (notice.status !== state.status) return false;
  if (notice.amount === null || (notice.amount !== declared && notice.amount !== state.actualAmount)) return false;
  if (state.status === CARD_STATUS.FAILED) return true;
  return notice.actualAmount === state.actualAmount && notice.receivedAmount === state.receivedAmount;
}

const amountIn = (text: string | null): number | null => (text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null);

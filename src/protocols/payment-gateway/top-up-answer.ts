import { PeerFault } from '../../domain/fault.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import { type HttpReply, isJson } from '../../net/http.ts';
import type { ChargeAnswer } from '../../ports/gateway.ts';
import { type CardState, decodeErrorReply } from './codec.ts';
import { wishOf } from './replies.ts';

/**
 * What a card has come to. What is credited is what the gateway has received for it, whatever its face value: a card that
 * brought nothing has failed. An answer that contradicts itself, or is about another value than `declared` (null: not
 * known), settles nothing.
 */
export function answerOfCard({ status, declaredAmount, actualAmount, receivedAmount }: CardState, declared: number | null): ChargeAnswer {
  if (declared !== null && declaredAmount !== declared) return unclear('amount-mismatch');
  switch (status) {
    case 'pending':
      return PENDING;
    case 'failed':
      return { state: 'failed', reason: 'failed' };
    case 'success':
    case 'wrong-amount': {
      const paidMinor = receivedAmount ?? 0;
      if (paidMinor === 0) return { state: 'failed', reason: 'worth-nothing' };
      return { state: 'paid', paidMinor, ...(status === 'success' || actualAmount === null ? {} : { worthMinor: actualAmount }) };
    }
    case 'unclear':
      return unclear('contradictory-answer');
  }
}

/** The gateway has it and waits for the operator. */
export const PENDING: ChargeAnswer = { state: 'unresolved', reason: 'pending', kept: 'pending' };

/** The gateway has it, and nobody can tell from this what it came to. */
export const unclear = (reason: string): ChargeAnswer => ({ state: 'unresolved', reason, kept: 'unclear' });

/** What the gateway may refuse a card for, by its own codes; anything else it says is not repeated. */
const REASONS: Readonly<Record<string, string>> = {
  DUPLICATE_CARD: 'duplicate-card',
  REQUEST_ID_USED: 'request-id-used',
  VALIDATION_FAILED: 'card-invalid',
};

/** Whether no submission of the same card can have been taken; any other refusal may be about one that is still on its way. */
export const isFinal = (reason: string): boolean => reason === REASONS.VALIDATION_FAILED;

/** Statuses of a gateway that has done nothing, and may do it later. */
const BUSY = 429;
const TRY_AGAIN = [408, 425, BUSY];

const UNAUTHORIZED = 'backend-unauthorized';

/** What came of sending a card, as far as the status and the code of an error say. */
type Receipt =
  /** It is to be read. */
  | { readonly receipt: 'reply' }
  /** The gateway itself says no: it has not taken this one. */
  | { readonly receipt: 'refused'; readonly reason: string }
  /** Certainly not taken (`busy`), or nobody knows. */
  | { readonly receipt: 'busy' | 'lost'; readonly fault: RequestFault };

/** Sorts the reply to a submission. Nothing of its words is kept: a gateway may quote what was sent. */
export function receiptOf(reply: HttpReply): Receipt {
  const { status } = reply;
  const code = refusalIn(reply);
  if (status >= 500 || TRY_AGAIN.includes(status) || (status >= 300 && status < 400)) {
    return { receipt: status === BUSY ? 'busy' : 'lost', fault: unavailable(reply) };
  }
  // A page of something in between says nothing about the card.
  if (!isJson(reply)) return { receipt: 'lost', fault: unusable('peer-not-json') };
  if (status === 401 || status === 403) return { receipt: 'refused', reason: UNAUTHORIZED };
  if (code !== null) return { receipt: 'refused', reason: (Object.hasOwn(REASONS, code) ? REASONS[code] : undefined) ?? 'refused' };
  return status >= 300 ? { receipt: 'lost', fault: unusable('message-invalid') } : { receipt: 'reply' };
}

/** What a reply to a question says; null when the gateway itself says that there is no such thing. @throws RequestFault */
export function readIn<T>(reply: HttpReply, decode: (body: Uint8Array) => T): T | null {
  const receipt = receiptOf(reply);
  if (receipt.receipt === 'reply') return decoded(() => decode(reply.body));
  if (receipt.receipt !== 'refused') throw receipt.fault;
  if (reply.status === 404) return null;
  throw new RequestFault('The gateway refused to say what became of a top-up card', {
    code: receipt.reason === UNAUTHORIZED ? UNAUTHORIZED : 'backend-refused',
    found: `status ${reply.status}`,
    retryable: false,
  });
}

/** What `decode` makes of a reply. @throws RequestFault without a word of it */
export function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof PeerFault) throw unusable('message-invalid');
    throw error;
  }
}

/** The code of an error the gateway says it is, '' without one; null for everything else. */
function refusalIn({ body }: HttpReply): string | null {
  try {
    const error = decodeErrorReply(body);
    return error && (error.code ?? '');
  } catch (error) {
    if (error instanceof PeerFault) return null;
    throw error;
  }
}

function unavailable(reply: HttpReply): RequestFault {
  const retryAfterMs = wishOf(reply);
  return new RequestFault('The gateway cannot answer about a top-up card now', {
    code: 'backend-unavailable',
    found: `status ${reply.status}`,
    expected: '2xx',
    retryable: true,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** A reply that was none: without a word of it, and without its cause. */
export const unusable = (code: 'peer-not-json' | 'message-invalid' | 'charge-mismatch'): RequestFault =>
  new RequestFault('The reply about a top-up card cannot be used', { code, retryable: true });

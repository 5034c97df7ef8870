import type { JsonValue } from '../../../domain/json.ts';
import type { BackendClock } from '../../environment.ts';
import { UpstreamHttp } from '../upstream-http.ts';
import { CARD_STATUS, type CardFee, type CardState, type CardSubmission, type TheSieuTocUpstream } from '../upstreams.ts';
import { creditedAmount, feeFor, WRONG_AMOUNT_PENALTY } from './fees.ts';
import { CHARGE_PATH, DISCOUNT_PATH, decodeCharge, decodeFees, decodeStatus, demandAnswered, STATUS_PATH } from './wire.ts';

export interface TheSieuTocSettings {
  readonly apiKey: string;
  /** Default https://thesieutoc.net. */
  readonly url?: string;
  /** For a whole request, milliseconds; default 15 s. */
  readonly timeoutMs?: number;
  /** Percent taken from a card that was declared with another value; its API does not tell. Default 50, by the gateway's document. */
  readonly penaltyPercent?: number;
}

export interface TheSieuTocClient extends TheSieuTocUpstream {
  /** Ends every request and connection. */
  close(): Promise<void>;
}

/**
 * TheSieuToc's API (see wire.ts for where it is known from). Cards and the key go in the body, never in an address.
 * - `submit` of a card that is used already asks for the submission: it may be this very one, whose answer was lost. A card
 *   used by another is FAILED.
 * - `status` gives null for what it "cannot check"; no source tells an unknown submission from another trouble, so that is no
 *   ground to fail a card that was taken before.
 * - what is credited is not in its answers: it is reckoned from its table of discounts, and null for a value not in there.
 */
export function createTheSieuTocClient(
  { apiKey, url = 'https://thesieutoc.net', timeoutMs = 15_000, penaltyPercent = WRONG_AMOUNT_PENALTY }: TheSieuTocSettings,
  clock: BackendClock,
): TheSieuTocClient {
  const http = new UpstreamHttp({ name: 'TheSieuToc', url, clock, timeoutMs });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const post = async (path: string, fields: Record<string, string>, signal: AbortSignal): Promise<JsonValue> => {
    const reply = await http.request({
      method: 'POST',
      path,
      headers,
      body: new URLSearchParams({ APIkey: apiKey, ...fields }).toString(),
      signal,
    });
    demandAnswered(reply.status);
    return http.json(reply);
  };
  const fees = async (account: string | null, signal: AbortSignal): Promise<readonly CardFee[]> => {
    const path = account === null ? DISCOUNT_PATH : `${DISCOUNT_PATH}/${encodeURIComponent(account)}`;
    const reply = await http.request({ method: 'GET', path, signal });
    demandAnswered(reply.status);
    return decodeFees(http.json(reply), penaltyPercent);
  };
  const status = async (card: CardSubmission, signal: AbortSignal): Promise<CardState | null> => {
    const state = decodeStatus(await post(STATUS_PATH, { content: card.id }, signal), card, secretsOf(card, apiKey));
    if (state === null) return null;
    if (state.actualAmount === null) return { ...state, receivedAmount: state.status === CARD_STATUS.FAILED ? 0 : null };
    const fee = feeFor(await fees(null, signal), card.type, state.actualAmount);
    const wrongAmount = state.status === CARD_STATUS.WRONG_AMOUNT;
    return { ...state, receivedAmount: fee && creditedAmount(state.actualAmount, fee, wrongAmount) };
  };
  return {
    submit: async (card, signal) => {
      const { id: content, type, amount, pin: mathe, serial: seri } = card;
      const answer = await post(CHARGE_PATH, { mathe, seri, type, menhgia: String(amount), content }, signal);
      const { taken, words: message } = decodeCharge(answer, secretsOf(card, apiKey));
      if (taken) return { status: CARD_STATUS.PENDING, actualAmount: null, receivedAmount: null, message };
      return (await status(card, signal)) ?? { status: CARD_STATUS.FAILED, actualAmount: null, receivedAmount: 0, message };
    },
    status,
    fees,
    probe: (signal) => http.answers({ method: 'GET', path: DISCOUNT_PATH, signal }),
    close: () => http.close(),
  };
}

const secretsOf = ({ pin, serial }: CardSubmission, apiKey: string): readonly string[] => [pin, serial, apiKey];

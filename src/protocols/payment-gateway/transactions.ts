import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asList, asObject } from '../../domain/json-fields.ts';
import { asTransaction, type CardState, cardStateIn } from './cards.ts';
import { successData, textIn } from './message.ts';

/** Transactions read from one answer. */
const MOST_FOUND = 500;

/** Looks for the transactions of a name that a submission was made under (3.2). */
export const searchPath = (username: string): string => `/api/transaction/search?username=${encodeURIComponent(username)}`;

/** Asks for the life of a transaction (3.3). */
export const logsPath = (transaction: string): string => `/api/transaction/${encodeURIComponent(transaction)}/logs`;

/** A card among the transactions that were found (3.2). */
interface FoundCard {
  readonly transaction: string;
  /** Not in the document; null where it is not said. */
  readonly requestId: string | null;
  /** Whether it came to nothing. */
  readonly failed: boolean;
}

/** Only the cards sent under a name: nothing that is wrong with those of others hides them. @throws PeerFault `json-…`, `message-invalid` */
export function decodeSearchReply(raw: Uint8Array, username: string): FoundCard[] {
  const found = asList(successData(raw).transactions, 'data.transactions', MOST_FOUND);
  return found.flatMap((value, index): FoundCard[] => {
    const path = `data.transactions[${index}]`;
    const card = asObject(value, path);
    return card.type === 'card' && card.username === username ? [foundCard(card, path)] : [];
  });
}

const foundCard = (card: JsonObject, path: string): FoundCard => ({
  transaction: asTransaction(card.id, `${path}.id`),
  requestId: typeof card.request_id === 'string' ? card.request_id : null,
  failed: isFailed(card.status),
});

/** The document shows the status here as a word and in the logs as a number. */
const isFailed = (status: JsonValue | undefined): boolean => status === 'FAILED' || status === 2;

/** The card a transaction is about. PIN and serial, which are masked there, are not read. @throws PeerFault `json-…`, `message-invalid` */
export function decodeLogsReply(raw: Uint8Array): CardState & { readonly transaction: string; readonly username: string } {
  const path = 'data.transaction';
  const card = asObject(successData(raw).transaction, path);
  return { transaction: asTransaction(card.id, `${path}.id`), username: textIn(card.username), ...cardStateIn(card, path) };
}

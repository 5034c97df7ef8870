import { readFileSync } from 'node:fs';
import { decodeClientMessage, decodeServerMessage, MessageFault } from '../protocols/kiosk/codec.ts';

/** What the server says: every documented message, with the opening braces the document leaves out. */
export const SERVER_FIXTURES = [
  'amount-select-screen',
  'keypad-screen',
  'payment-method-screen',
  'processing-screen',
  'success-screen',
  'failed-screen',
  'limit-error-screen',
  'print-ticket-screen',
  'collect-ticket-screen',
  'thank-you-screen',
  'device-error-screen',
  'timeout-error',
] as const;
/** What the box says: every documented message, then ours where the contract leaves them open. */
export const CLIENT_FIXTURES = [
  'amount-chosen',
  'other-chosen',
  'amount-typed',
  'method-chosen',
  'keypad-cancelled',
  'method-cancelled',
  'ticket-printed',
  'device-error',
] as const;
type ServerFixture = (typeof SERVER_FIXTURES)[number];
type ClientFixture = (typeof CLIENT_FIXTURES)[number];
export type Fixture = ServerFixture | ClientFixture;

/** The transaction of the contract's examples, and when the first of them happens. */
export const TRANSACTION = 'T123456';
export const EXAMPLES_BEGIN = 1_619_456_789_000;

/** The message as the document prints it, as a value to be changed. */
export const documented = (name: Fixture): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../protocols/kiosk/fixtures/${name}.json`, import.meta.url), 'utf8'));
/** The same without the document's line breaks, as it goes over the wire. */
export const compact = (name: Fixture): string => JSON.stringify(documented(name));
/** The same with other fields, or without those that are undefined. */
export const changed = (name: Fixture, change: object): string => JSON.stringify({ ...documented(name), ...change });
/** The same with other fields in `data`, or without those that are undefined. */
export const withData = (name: Fixture, change: object): string =>
  changed(name, { data: { ...(documented(name).data as object), ...change } });

/** What reads each of them in pounds. */
export const decoderOf = (name: Fixture): ((text: string) => unknown) =>
  SERVER_FIXTURES.some((server) => server === name)
    ? (text) => decodeServerMessage(text, 'GBP')
    : (text) => decodeClientMessage(text, 'GBP');

/** How a message is refused, in words and with its code, or `accepted`. Errors of another kind are thrown on. */
export function refusal(task: () => unknown): string {
  try {
    task();
  } catch (error) {
    if (error instanceof MessageFault) return `${error.code}: ${error.explain()}`;
    throw error;
  }
  return 'accepted';
}

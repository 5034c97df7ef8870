import type { PeerFault } from '../domain/fault.ts';
import { MessageFault } from '../domain/json-fields.ts';

/**
 * Why a message could not be used, for logs and screens. Of what was found only a MessageFault is quoted, which names
 * kind and size; other faults may quote a piece of the message, and that may be a card number.
 */
export function reasonOf(fault: PeerFault): string {
  if (fault instanceof MessageFault) return fault.explain();
  return fault.expected === undefined ? fault.message : `${fault.message}; expected ${fault.expected}`;
}

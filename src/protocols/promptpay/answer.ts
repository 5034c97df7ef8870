import type { ChargeAnswer } from '../../ports/gateway.ts';
import type { StatusReply } from './codec.ts';

const PAID = ['paid', 'successful', 'succeeded', 'success', 'completed', 'confirmed', 'captured'];
const FAILED = ['failed', 'failure', 'expired', 'cancelled', 'canceled', 'rejected', 'declined', 'voided', 'reversed'];

/**
 * What a push message or a status reply means. The document has no status field: `success:true` is paid. Where a
 * backend adds one, it decides, because `success` may then only mean that the question was understood. A refusal
 * settles nothing unless it names the charge, and never when it says that the charge was not found.
 */
export function answerOf({ success, charge, status, message }: StatusReply): ChargeAnswer {
  if (status !== null) return byStatus(status.trim().toLowerCase(), success);
  if (success) return { state: 'paid' };
  const reason = message === '' ? 'the backend gave no reason' : message;
  return charge !== null && !/not[ _-]?found|no such|unknown/i.test(message)
    ? { state: 'failed', reason }
    : { state: 'unresolved', reason };
}

function byStatus(status: string, success: boolean): ChargeAnswer {
  if (FAILED.includes(status)) return { state: 'failed', reason: status };
  if (PAID.includes(status) && success) return { state: 'paid' };
  return { state: 'unresolved', reason: status };
}

import { PeerFault } from '../../domain/fault.ts';
import type { PushMessage } from '../../net/mqtt-connection.ts';
import type { Inbound } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { reasonOf } from '../reason.ts';
import * as codec from './codec.ts';

export interface PushOptions {
  readonly deviceId: string;
  readonly emit: (event: Inbound) => void;
  /** A response to a request for a QR, and whose it is. */
  readonly response: (response: codec.QrResponse) => 'answer' | 'duplicate' | 'foreign';
  /** A message that could not be used. */
  readonly rejected: (code: string, detail: string) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Verdict =
  | { readonly outcome: 'payment' | 'settings' | 'command'; readonly event: Inbound }
  | { readonly outcome: 'answer' | 'duplicate' }
  | { readonly outcome: 'other-topic' | 'retained' | 'foreign' | 'malformed'; readonly code: string; readonly reason: string };

/**
 * Takes what comes on the box's topics. Payments, settings and commands are acknowledged when they are kept; everything
 * else at once, for it would only come again.
 */
export function receive(message: PushMessage, done: () => void, options: PushOptions): void {
  const { emit, log, metrics, rejected } = options;
  const verdict = judge(message, done, options);
  metrics.count('push_messages_total', { outcome: verdict.outcome });
  if ('event' in verdict) {
    emit(verdict.event);
    return;
  }
  if ('code' in verdict) {
    log.warn('push.refused', verdict);
    rejected(verdict.code, verdict.reason);
  }
  done();
}

function judge({ topic, payload, retained }: PushMessage, done: () => void, { deviceId, response }: PushOptions): Verdict {
  const meaning = codec.kindOfTopic(topic);
  if (meaning?.direction !== 'downlink' || meaning.deviceId !== deviceId) {
    return { outcome: 'other-topic', code: 'message-other-topic', reason: 'The message is not for this box' };
  }
  // A retained message is the last word on a topic, whenever that was: nothing is believed from one, least of all money.
  if (retained) {
    return { outcome: 'retained', code: 'message-retained', reason: 'The message was kept by the broker (retain); send it without' };
  }
  try {
    switch (meaning.kind) {
      case 'payment/success':
        return { outcome: 'payment', event: { kind: 'payment', payment: codec.decodePaymentSuccess(payload), done } };
      case 'config/push':
        return { outcome: 'settings', event: { kind: 'settings', push: codec.decodeConfigPush(payload), done } };
      case 'command':
        return { outcome: 'command', event: { kind: 'command', command: codec.decodeCommand(payload), done } };
      case 'dynamic-qr/response': {
        const outcome = response(codec.decodeQrResponse(payload));
        if (outcome !== 'foreign') return { outcome };
        return { outcome, code: 'response-foreign', reason: 'The correlation_id of the response is of no request of this box' };
      }
    }
  } catch (error) {
    if (error instanceof PeerFault) return { outcome: 'malformed', code: error.code, reason: reasonOf(error) };
    throw error;
  }
}

import type { KioskEvent } from '../../domain/kiosk.ts';
import type { Currency } from '../../domain/money.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { decodeServerMessage, MessageFault } from './codec.ts';

export interface ReceiveOptions {
  readonly currency: Currency;
  readonly emit: (event: KioskEvent) => void;
  /** A message that could not be used. */
  readonly rejected: (code: string, detail: string) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Hands on what a message says; what cannot be used is counted and named, and has no other effect. */
export function receive(text: string, { currency, emit, rejected, log, metrics }: ReceiveOptions): void {
  const became = (outcome: string) => metrics.count('kiosk_messages_total', { outcome });
  try {
    const event = decodeServerMessage(text, currency);
    became(event?.event ?? 'ignored');
    if (event !== null) emit(event);
  } catch (error) {
    if (!(error instanceof MessageFault)) throw error;
    became('malformed');
    const reason = error.explain();
    log.warn('kiosk.message-refused', { code: error.code, reason });
    rejected(error.code, reason);
  }
}

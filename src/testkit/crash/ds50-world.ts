import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBoxConfig } from '../../cli/simulate-config.ts';
import type { ReferenceBackend } from '../../refserver/server.ts';
import { type Terms, World } from './world.ts';

/** A sale as the payment server remembers it. */
export interface ServerSale {
  readonly date: string;
  readonly batch: string;
  readonly trace: string;
  readonly amountMinor: number;
  readonly status: 'approved' | 'declined';
  readonly recorded: boolean;
}

/** What the card issuer does with the next sale. */
export interface Decision {
  readonly outcome: 'approve' | 'late' | 'no-answer';
  readonly recorded?: boolean;
  readonly ms?: number;
}

export interface PushedOrder {
  readonly orderId: string;
  readonly transType: '00' | '99';
  readonly amount: string;
}

/** The box counts a second less than this, as it knows the backend's clock to the second only. */
const CARD_ANSWER_MS = 2_000;
const TIMINGS = { cardAnswerMs: CARD_ANSWER_MS, firstPollMs: 200, pollMinMs: 100, pollMaxMs: 200, graceMs: 500, resultMs: 100 };
const SERIAL = 'CRASH-DS50';

/** A payment speaker: orders over MQTT, a card reader, a payment server. */
export class Ds50World extends World {
  /** Orders the backend has sent, by their id. */
  readonly pushed = new Set<string>();

  /** The box that `tilld simulate` makes, with short times; a card that is paid late is owed back. */
  protected override configure({ httpUrl, mqttUrl }: ReferenceBackend, { sale }: Terms): unknown {
    const file = join(this.directory, 'simulated.json');
    if (!existsSync(file)) writeBoxConfig(file, { apiPort: 0, httpUrl, mqttUrl }, 'ds50');
    // Its packages have a power cut test of their own.
    const { ota: _, ...made } = JSON.parse(readFileSync(file, 'utf8'));
    return {
      ...made,
      device: { ...made.device, serial: SERIAL },
      sale: { ...made.sale, ...TIMINGS, latePayment: 'refund', ...sale },
      log: { level: 'error' },
    };
  }

  /** Every sale request that reached the payment server, and how often one of them came again. */
  serverSales(): Promise<{ readonly sales: readonly ServerSale[]; readonly duplicates: number }> {
    return this.backend('/ref/ds50/sales?limit=1000');
  }

  /** Nothing but this lies before the issuer. */
  async lineUp(decision: Decision): Promise<void> {
    await this.clearIssuer();
    await this.backend('/ref/ds50/next', decision);
  }

  async clearIssuer(): Promise<void> {
    await this.backend('/ref/ds50/next', {}, 'DELETE');
  }

  /** Sends an order, and the same message twice over with `duplicate`. */
  async push(order: PushedOrder, duplicate: boolean): Promise<void> {
    this.pushed.add(order.orderId);
    await this.backend('/ref/ds50/push', { deviceSn: SERIAL, message: 'Crash test', ...order, duplicate });
  }

  /** Holds a card against the reader; false when no card is wanted now. */
  async present(): Promise<boolean> {
    return (await this.ask('/sim/card', { card: 'visa' }))?.status === 200;
  }
}

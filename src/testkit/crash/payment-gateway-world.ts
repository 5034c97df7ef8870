import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBoxConfig } from '../../cli/simulate-config.ts';
import type { Card } from '../../refserver/payment-gateway/cards.ts';
import type { Order } from '../../refserver/payment-gateway/links.ts';
import type { ReferenceBackend, ReferenceBackendOptions } from '../../refserver/server.ts';
import { BOARDS_DIR } from '../../runtime/board.ts';
import { NO_LIMITS } from '../payment-gateway.ts';
import type { Round } from './setting.ts';
import { type Terms, World } from './world.ts';

/** A board file whose machine is to answer on an input, and never does. */
export const DEAF_MACHINE = './deaf-machine.json';
/** Order codes are made of it. */
export const SERIAL = 'CRASH-VND-1';

const BOARD = 'vending-sim';
const TIMINGS = { firstPollMs: 200, pollMinMs: 150, pollMaxMs: 300, requoteMs: 100, graceMs: 800, topUpAnswerMs: 1_500, resultMs: 100 };
/** Simulated operators decide on a card after this. */
const DECIDE_MS = 250;

type Link = Pick<Order, 'orderCode' | 'amount' | 'amountPaid' | 'status'>;

/** How PayOS tells the gateway of a transfer; by default at once and twice. */
interface Manner {
  /** Also to a link that is over. */
  readonly late?: boolean;
  /** It does not tell at all. */
  readonly lost?: boolean;
}

/** A machine that sells by VietQR over the payment gateway, for bills and for top-up cards. */
export class PaymentGatewayWorld extends World {
  /** What the bank has moved, VND, by the charge it was for. */
  readonly transfers = new Map<string, number>();
  /** Bills let go of at the slot, and those the slot confirmed, VND. */
  offeredMinor = 0;
  insertedMinor = 0;
  readonly #first = new Map<string, string>();
  readonly #done = new Set<string>();

  /** A box that dies so often asks more often than boxes of one key may: its own limits stay, those of the gateway do not. */
  protected override backendOptions(): ReferenceBackendOptions {
    return { gatewayPort: 0, gateway: { limits: NO_LIMITS, decideMs: DECIDE_MS } };
  }

  /** The box that `tilld simulate` makes, with short times. */
  protected override configure({ httpUrl, mqttUrl, gatewayUrl }: ReferenceBackend, { sale, board = BOARD }: Terms): unknown {
    const file = join(this.directory, 'simulated.json');
    if (!existsSync(file)) writeBoxConfig(file, { apiPort: 0, httpUrl, mqttUrl, gatewayUrl }, 'payment-gateway');
    if (board === DEAF_MACHINE) writeFileSync(join(this.directory, board), deafMachine());
    const made = JSON.parse(readFileSync(file, 'utf8'));
    return {
      ...made,
      board,
      device: { ...made.device, serial: SERIAL },
      sale: { ...made.sale, drive: { mode: 'hold', holdMs: 5 }, ...TIMINGS, ...sale },
      log: { level: 'error' },
    };
  }

  async links(): Promise<readonly Link[]> {
    return (await this.backend<{ links: Link[] }>('/ref/gateway?limit=1000')).links;
  }

  async cards(): Promise<readonly Card[]> {
    return (await this.backend<{ cards: Card[] }>('/ref/gateway?limit=1000')).cards;
  }

  /** The customer transfers so much to the link of a charge; what is left to pay of it by default. */
  async pay(charge: string, amount?: number, manner: Manner = {}): Promise<void> {
    const { transfer } = await this.backend<{ transfer: { readonly amount: number } }>(`/ref/gateway/links/${charge}/pay`, {
      ...(amount === undefined ? {} : { amount }),
      copies: 2,
      ...manner,
    });
    this.transfers.set(charge, this.paidOn(charge) + transfer.amount);
  }

  paidOn(charge: string): number {
    return this.transfers.get(charge) ?? 0;
  }

  async end(charge: string, how: 'cancel' | 'expire' | 'fail' | 'process'): Promise<void> {
    await this.backend(`/ref/gateway/links/${charge}/${how}`, {});
  }

  /** The next request of its kind is carried out, and its answer never arrives. */
  async loseAnswer(path: string): Promise<void> {
    await this.backend('/ref/faults', { kind: 'lose-reply', path, times: 1 });
  }

  /** A person asks the operator for a decision on every card that waits for one. */
  async decideOnCards(): Promise<void> {
    for (const { id, status } of await this.cards()) {
      if (status === 'PENDING') await this.backend(`/ref/gateway/cards/${id}/decide`, { outcome: 'success' });
    }
  }

  /** Does something of a round once, over all lives of the box. */
  async once({ key }: Round, what: string, task: () => Promise<void>): Promise<void> {
    const name = `${key} ${what}`;
    if (this.#done.has(name)) return;
    this.#done.add(name);
    await task();
  }

  /** The charge whose QR was the first one on the screen in a round. */
  firstOf({ key }: Round, charge: string): string {
    const first = this.#first.get(key) ?? charge;
    this.#first.set(key, first);
    return first;
  }

  /** Puts a bill into the slot; false when the box died over it, so that nobody knows whether it was counted. */
  async insert(denomination: number): Promise<boolean> {
    this.offeredMinor += denomination;
    const answer = await this.box<{ accepted: boolean }>('/sim/bill', { denomination });
    if (!answer) return false;
    if (!answer.accepted) throw new Error(`the slot returned the bill of ${denomination}`);
    this.insertedMinor += denomination;
    return true;
  }
}

function deafMachine(): string {
  const { $schema: _, ...board } = JSON.parse(readFileSync(join(BOARDS_DIR, `${BOARD}.json`), 'utf8'));
  return JSON.stringify({
    ...board,
    name: 'deaf-machine',
    inputs: { ...board.inputs, machine: { chip: 'sim-gpio', line: 'MACHINE', idle: 'high' } },
    delivery: { ...board.delivery, feedback: { input: 'machine', level: 'low', withinMs: 100 } },
  });
}

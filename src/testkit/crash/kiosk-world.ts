import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBoxConfig } from '../../cli/simulate-config.ts';
import type { Screen } from '../../domain/screen.ts';
import type { SettingsWish } from '../../refserver/kiosk/settings.ts';
import type { KioskTransaction } from '../../refserver/kiosk/transactions.ts';
import type { ReferenceBackend } from '../../refserver/server.ts';
import { BOARDS_DIR } from '../../runtime/board.ts';
import type { Round } from './setting.ts';
import { type Terms, World } from './world.ts';

/** Board files of a kiosk that drives a machine, and of one whose machine is to answer on an input and never does. */
export const MACHINE = './kiosk-machine.json';
export const DEAF_MACHINE = './kiosk-deaf-machine.json';

const TIMINGS = { graceMs: 10_000, resultMs: 100 };
const DIALOGUE = { firstScreenMs: 1_000, answerMs: 3_000, resultMs: 500 };
const TICKETS = 'tickets';
/** More than all rounds of a world together. */
const NO_LIMIT_MINOR = 100_000_000;
/** How long the steps of the backend last: what is only to be read is over at once. */
const STEPS_MS = {
  keypad: 60_000,
  'payment-method': 60_000,
  processing: 60_000,
  success: 30,
  failed: 30,
  'limit-error': 30,
  'print-ticket': 5_000,
  'collect-ticket': 30,
  'thank-you': 30,
  'device-error': 30,
} as const;

interface Session {
  readonly connected: boolean;
  readonly screen: string;
}

/** A kiosk: a backend that drives the dialogue and has its own terminal, and a printer of pictures. */
export class KioskWorld extends World {
  /** How often the terminal took the payment of a transaction. */
  readonly approvals = new Map<string, number>();
  /** How many transactions there were when a round began. */
  readonly #before = new Map<string, number>();
  readonly #done = new Set<string>();

  /** The box that `tilld simulate` makes, with short times. */
  protected override configure({ httpUrl, mqttUrl }: ReferenceBackend, { sale, kiosk, board }: Terms): unknown {
    const file = join(this.directory, 'simulated.json');
    if (!existsSync(file)) writeBoxConfig(file, { apiPort: 0, httpUrl, mqttUrl }, 'kiosk');
    if (board !== undefined) writeFileSync(join(this.directory, board), machine(board === DEAF_MACHINE));
    const made = JSON.parse(readFileSync(file, 'utf8'));
    return {
      ...made,
      board: board ?? made.board,
      kiosk: { ...made.kiosk, ...DIALOGUE, ...kiosk },
      printer: { ...made.printer, directory: TICKETS },
      sale: { ...made.sale, ...TIMINGS, ...sale },
      log: { level: 'error' },
    };
  }

  /** What the backend offers from now on; what is left out is as always. */
  async offer({ durationsMs, ...wish }: SettingsWish = {}): Promise<void> {
    const usual = { showReceipt: false, dailyLimitMinor: NO_LIMIT_MINOR };
    await this.backend('/ref/kiosk/settings', { ...usual, ...wish, durationsMs: { ...STEPS_MS, ...durationsMs } }, 'PUT');
  }

  /** The latest first. */
  async transactions(): Promise<readonly KioskTransaction[]> {
    return (await this.backend<{ transactions: KioskTransaction[] }>('/ref/kiosk/transactions?limit=1000')).transactions;
  }

  /** Those that began in a round. */
  async transactionsOf({ key }: Round): Promise<readonly KioskTransaction[]> {
    const all = await this.transactions();
    const before = this.#before.get(key) ?? all.length;
    this.#before.set(key, before);
    return all.slice(0, all.length - before);
  }

  async session(): Promise<Session> {
    const { sessions } = await this.backend<{ sessions: Session[] }>('/ref/kiosk/sessions');
    return sessions[0] ?? { connected: false, screen: '' };
  }

  /** The customer is at the terminal: it takes the payment, and is told twice to. */
  async approve(transactionId: string): Promise<void> {
    for (let times = 0; times < 2; times++) {
      const { changed } = await this.backend<{ changed: boolean }>(`/ref/kiosk/transactions/${transactionId}/approve`, {});
      if (changed) this.approvals.set(transactionId, (this.approvals.get(transactionId) ?? 0) + 1);
    }
  }

  async decline(transactionId: string): Promise<void> {
    await this.backend(`/ref/kiosk/transactions/${transactionId}/decline`, {});
  }

  /** The next message to the box is never sent. */
  async loseNextMessage(): Promise<void> {
    await this.backend('/ref/faults', { kind: 'kiosk-drop', times: 1 });
  }

  /** The connection stays, and the backend hears and says nothing on it any more. */
  async goDeaf(): Promise<void> {
    await this.backend('/ref/faults', { kind: 'kiosk-half-open', times: 1 });
    // It strikes with a message: what is offered is shown again when it is set.
    await this.offer();
  }

  /** Does something of a round once, over all lives of the box. */
  async once({ key }: Round, what: string, task: () => Promise<void>): Promise<void> {
    const name = `${key} ${what}`;
    if (this.#done.has(name)) return;
    this.#done.add(name);
    await task();
  }

  screen(): Promise<Screen | null> {
    return this.box('/v1/screen');
  }

  /** Touches the screen; false when the box died over it. */
  async press(...keys: readonly string[]): Promise<boolean> {
    for (const key of keys) if (!(await this.box('/v1/keys', { key }))) return false;
    return true;
  }

  /** Tickets that are on paper. */
  printed(): number {
    const folder = join(this.directory, TICKETS);
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.png')).length : 0;
  }
}

/** The simulated kiosk with the relay of the simulated box. */
function machine(deaf: boolean): string {
  const { $schema: _, ...board } = JSON.parse(readFileSync(join(BOARDS_DIR, 'kiosk-sim.json'), 'utf8'));
  const feedback = { input: 'machine', level: 'low', withinMs: 100 };
  return JSON.stringify({
    ...board,
    inputs: { ...board.inputs, ...(deaf && { machine: { chip: 'sim-gpio', line: 'MACHINE', idle: 'high' } }) },
    outputs: { relay: { chip: 'sim-gpio', line: 'RELAY', active: 'high' } },
    delivery: { output: 'relay', ...(deaf && { feedback }) },
  });
}

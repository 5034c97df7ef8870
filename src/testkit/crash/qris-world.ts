import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBoxConfig } from '../../cli/simulate-config.ts';
import type { KnownAck } from '../../refserver/qris/reports.ts';
import type { Transaction } from '../../refserver/qris/transactions.ts';
import type { ReferenceBackend } from '../../refserver/server.ts';
import { type Terms, World } from './world.ts';

/** A payment nobody asked for. */
export interface Announced {
  readonly eventId: string;
  readonly transactionId: string;
  readonly amountMinor: number;
}

const DEVICE = 'sbx_001';
const TIMINGS = { firstPollMs: 200, pollMinMs: 100, pollMaxMs: 200, graceMs: 3_000, resultMs: 100 };

/** A soundbox: everything over MQTT, and no way to ask for what it missed. */
export class QrisWorld extends World {
  /** What the backend has sent, by the round it was for. */
  readonly announced = new Map<string, Announced>();
  readonly settings = new Map<string, { readonly version: number; readonly volume: number }>();
  readonly commands = new Set<string>();

  /** The box that `tilld simulate` makes, with short times. */
  protected override configure({ httpUrl, mqttUrl }: ReferenceBackend, { sale }: Terms): unknown {
    const file = join(this.directory, 'simulated.json');
    if (!existsSync(file)) writeBoxConfig(file, { apiPort: 0, httpUrl, mqttUrl }, 'qris-soundbox');
    const made = JSON.parse(readFileSync(file, 'utf8'));
    const timed = { ...made['qris-soundbox'], responseTimeoutMs: 500 };
    return { ...made, 'qris-soundbox': timed, sale: { ...made.sale, ...TIMINGS, ...sale }, log: { level: 'error' } };
  }

  async transactions(): Promise<readonly Transaction[]> {
    return (await this.backend<{ transactions: Transaction[] }>('/ref/qris/transactions?limit=1000')).transactions;
  }

  /** What the box has answered. */
  async acks(): Promise<readonly KnownAck['ack'][]> {
    return (await this.backend<{ acks: KnownAck[] }>('/ref/qris/acks?limit=1000')).acks.map(({ ack }) => ack);
  }

  /** The customer pays; `again` tells the box of it once more. */
  async pay(transactionId: string, again = false): Promise<void> {
    await this.backend('/ref/qris/pay', { transactionId, late: true });
    if (again) await this.backend('/ref/qris/pay', { transactionId, again: true });
  }

  /** Somebody pays the shop without having been asked; told twice. Once for each round, over all lives of the box. */
  async announce(round: string, amountMinor: number): Promise<Announced> {
    const before = this.announced.get(round);
    if (before) return before;
    const { event } = await this.backend<{ event: Announced }>('/ref/qris/announce', { deviceId: DEVICE, amount: amountMinor });
    this.announced.set(round, event);
    await this.pay(event.transactionId, true);
    return event;
  }

  /** The next settings; once for each round. */
  async configureRemotely(round: string): Promise<number> {
    const before = this.settings.get(round);
    if (before) return before.version;
    const volume = 10 + this.settings.size;
    const { order } = await this.backend<{ order: { version: number } }>('/ref/qris/config', { deviceId: DEVICE, settings: { volume } });
    this.settings.set(round, { version: order.version, volume });
    return order.version;
  }

  /** A command under the id of the round; a repetition has the same. */
  async command(round: string): Promise<void> {
    this.commands.add(round);
    await this.backend('/ref/qris/command', { deviceId: DEVICE, commandId: round, name: 'test_speaker' });
  }
}

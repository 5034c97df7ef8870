import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReferenceBackend } from '../../refserver/server.ts';
import { BOARDS_DIR } from '../../runtime/board.ts';
import { type Terms, World } from './world.ts';

interface Charge {
  readonly chargeId: string;
  readonly amountMinor: number;
  readonly state: string;
}

/** A board file whose machine is to answer on an input, and never does. */
export const DEAF_MACHINE = './deaf-machine.json';
const TIMINGS = { firstPollMs: 300, pollMinMs: 200, pollMaxMs: 400, requoteMs: 100, graceMs: 5_000 };

/** A box of promptpay with coin slot and relay. */
export class PromptPayWorld extends World {
  /** Coins let go of at the slot, and those the slot confirmed, in minor units. */
  offeredMinor = 0;
  insertedMinor = 0;

  protected override configure({ httpUrl, mqttUrl }: ReferenceBackend, { sale, board = 'sim' }: Terms): unknown {
    if (board === DEAF_MACHINE) writeFileSync(join(this.directory, board), deafMachine());
    return {
      device: { serial: 'CRASH-1', mac: '02:00:00:00:00:C1', chipId: 'crash', model: 'sim' },
      board,
      protocol: 'promptpay',
      promptpay: { http: { url: httpUrl }, mqtt: { url: mqttUrl } },
      api: { port: 0 },
      sale: { drive: { mode: 'hold', holdMs: 5 }, ...TIMINGS, ...sale },
      log: { level: 'error' },
    };
  }

  /** Gets a new box its identity and has it claimed. */
  async pairUp(): Promise<void> {
    await this.until(async () => {
      const pairing = (await this.status())?.pairing;
      if (!pairing?.pin || !pairing.deviceId) return false;
      await this.backend(`/ref/devices/${pairing.deviceId}/claim`, { pin: pairing.pin });
      return true;
    });
  }

  async charges(): Promise<Charge[]> {
    return (await this.backend<{ charges: Charge[] }>('/ref/charges?limit=1000')).charges;
  }

  /** Puts a coin into the slot; false when the box died over it, so that nobody knows whether it was counted. */
  async insert(denomination: number): Promise<boolean> {
    this.offeredMinor += denomination;
    const answer = await this.box<{ accepted: boolean }>('/sim/coin', { denomination });
    if (!answer) return false;
    if (!answer.accepted) throw new Error(`the slot returned the coin of ${denomination}`);
    this.insertedMinor += denomination;
    return true;
  }
}

function deafMachine(): string {
  const board = JSON.parse(readFileSync(join(BOARDS_DIR, 'sim.json'), 'utf8'));
  board.name = 'deaf-machine';
  delete board.$schema;
  board.inputs.machine = { chip: 'sim-gpio', line: 'MACHINE', idle: 'high' };
  board.delivery.feedback = { input: 'machine', level: 'low', withinMs: 100 };
  return JSON.stringify(board);
}

import { expect } from 'vitest';
import type { BoardIctAcceptor } from '../domain/board.ts';
import { ictBillAcceptor } from '../drivers/acceptors/ict/ict-acceptor.ts';
import type { Acceptor, AcceptorEvent } from '../ports/acceptor.ts';
import { FakeClock, settle } from './clock.ts';
import type { EscrowHarness } from './escrow-contract.ts';
import { type IctOrder, ScriptedIctDevice } from './ict-device.ts';
import { IctLink } from './ict-link.ts';

/** Channels 1 to 3 have values. */
export const ICT_ENTRY: BoardIctAcceptor = {
  name: 'bill',
  method: 'bill',
  kind: 'ict',
  device: '/dev/ttyUSB0',
  denominations: { '1': 2_000, '2': 5_000, '3': 10_000 },
};

/** A bill acceptor with a scripted device, on a clock that stands still. Pieces are boot1.bill.1, boot1.bill.2, … */
export class IctBench {
  readonly clock = new FakeClock();
  readonly device: ScriptedIctDevice;
  readonly link: IctLink;
  readonly acceptor: Acceptor;
  readonly events: AcceptorEvent[] = [];
  /** What is done with a note as soon as it is held. */
  decision: 'stack' | 'giveBack' | null = null;

  /** `script` null: what the device is told is not looked at, only what comes of it. */
  constructor(entry: BoardIctAcceptor = ICT_ENTRY, script: readonly IctOrder[] | null = []) {
    this.device = new ScriptedIctDevice(this.clock, script);
    this.link = new IctLink(this.device);
    this.acceptor = ictBillAcceptor({ entry, link: this.link, clock: this.clock, boot: 'boot1' });
  }

  readonly onEvent = (event: AcceptorEvent): void => {
    this.events.push(event);
    if (event.kind === 'escrowed' && this.decision) void this.acceptor.escrow?.[this.decision](event.piece);
  };

  /** What was said since the last look. */
  said(): string[] {
    return this.events.splice(0).map(wordOf);
  }

  async start(): Promise<void> {
    const started = this.acceptor.start(this.onEvent);
    await this.clock.flow(5_000, 100);
    await started;
  }

  async stop(): Promise<void> {
    const stopped = this.acceptor.stop();
    await this.clock.flow(3_000, 100);
    await stopped;
  }

  /** Starts and enables; then these orders are expected. */
  async ready(...orders: readonly IctOrder[]): Promise<void> {
    this.device.expect('disable', 'enable', ...orders);
    await this.start();
    await this.acceptor.enable();
    expect(this.said()).toEqual([]);
  }

  /** Puts a note in; its piece, where it is held now. */
  async insert(channel = 1): Promise<string> {
    expect(this.device.insert(channel)).toBe(true);
    await settle();
    return this.events.flatMap((event) => (event.kind === 'escrowed' ? [event.piece] : [])).at(-1) ?? '';
  }

  /** Stops it, and looks whether anything was told that was not expected, or is left. */
  async finish(): Promise<void> {
    if (!this.device.inhibited && !this.device.dead && this.link.inUse) this.device.expect('disable');
    await this.stop();
    this.device.finish();
    expect([this.link.inUse, this.clock.pending(), this.acceptor.busy()]).toEqual([false, 0, false]);
  }
}

/** An acceptor of sample pieces, for its contract, whose device goes away in the way that is named. */
export function ictHarness(way: 'unplugged' | 'switched off', inhibits: readonly boolean[]): EscrowHarness {
  const bench = new IctBench({ ...ICT_ENTRY, denominations: { '1': 100, '5': 500 } }, null);
  const { device, link, clock, acceptor } = bench;
  // The box before this one has left it open.
  device.inhibited = false;
  let inhibited = false;
  const changes: boolean[] = [];
  /** As it is after each call: it obeys at once, so what was only meant for a moment may be seen at its slot. */
  const look = () => {
    if (device.inhibited === inhibited) return;
    inhibited = device.inhibited;
    changes.push(inhibited);
  };
  const passing = async (work: Promise<void>, ms: number) => {
    await clock.flow(ms, 100);
    await work;
    look();
  };
  return {
    acceptor: {
      name: acceptor.name,
      method: acceptor.method,
      escrow: acceptor.escrow,
      start: (onEvent) => passing(acceptor.start(onEvent), 5_000),
      enable: () => passing(acceptor.enable(), 0),
      disable: () => passing(acceptor.disable(), 0),
      busy: () => acceptor.busy(),
      stop: () => passing(acceptor.stop(), 3_000),
    },
    insert: async (channel) => device.take(channel),
    settle: () => clock.flow(400, 100),
    noise: async () => device.tell(0x29),
    inhibited: () => device.inhibited,
    away: async (gone) => {
      // What a device does whose power-up nobody hears, the protocol does not say.
      while (!gone && way === 'switched off' && !link.inUse) await clock.flow(100, 100);
      if (way === 'unplugged') link[gone ? 'unplug' : 'plug']();
      else device[gone ? 'switchOff' : 'switchOn']();
      await clock.flow(60_000, 100);
      if (!gone) look();
    },
    stacked: () => device.stacked,
    returned: () => device.returned,
    finish: () => {
      device.finish();
      look();
      expect([changes, link.inUse, clock.pending()]).toEqual([inhibits, false, 0]);
    },
  };
}

function wordOf(event: AcceptorEvent): string {
  switch (event.kind) {
    case 'fault':
    case 'cleared':
      return `${event.kind} ${event.code}`;
    case 'credited':
    case 'escrowed':
      return `${event.kind} ${event.piece} ${event.amountMinor}`;
    case 'returned':
      return `returned ${event.piece}: ${event.reason}`;
    case 'unassigned':
      return `unassigned ${event.piece ?? `no piece, ${event.train}`}`;
    case 'rejected':
      return `rejected: ${event.reason}`;
    default:
      return event.kind;
  }
}

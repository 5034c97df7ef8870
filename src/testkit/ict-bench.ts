import { expect } from 'vitest';
import type { BoardIctAcceptor } from '../domain/board.ts';
import { ictBillAcceptor } from '../drivers/acceptors/ict/ict-acceptor.ts';
import type { Acceptor, AcceptorEvent } from '../ports/acceptor.ts';
import { FakeClock, settle } from './clock.ts';
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
  readonly device = new ScriptedIctDevice(this.clock, []);
  readonly link = new IctLink(this.device);
  readonly acceptor: Acceptor = ictBillAcceptor({ entry: ICT_ENTRY, link: this.link, clock: this.clock, boot: 'boot1' });
  readonly events: AcceptorEvent[] = [];
  /** What is done with a note as soon as it is held. */
  decision: 'stack' | 'giveBack' | null = null;

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

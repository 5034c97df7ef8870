import { expect } from 'vitest';
import type { BoardCcTalkAcceptor } from '../domain/board.ts';
import { HEADER } from '../domain/cash/cctalk/headers.ts';
import type { CcTalkIdentity } from '../domain/cash/cctalk/identity.ts';
import { ccTalkBus } from '../drivers/acceptors/cctalk/bus.ts';
import { ccTalkAcceptor } from '../drivers/acceptors/cctalk/cctalk-acceptor.ts';
import type { Acceptor, AcceptorEvent } from '../ports/acceptor.ts';
import { FakeCcTalkDevice, type FakeCcTalkOptions } from './cctalk-device.ts';
import { CcTalkLink, CcTalkWire } from './cctalk-wire.ts';
import { FakeClock } from './clock.ts';
import type { EscrowHarness } from './escrow-contract.ts';

export const COIN_ENTRY: BoardCcTalkAcceptor = {
  name: 'coin',
  method: 'coin',
  kind: 'cctalk',
  device: '/dev/serial0',
  denominations: { '1': 100, '2': 200, '5': 500 },
};
export const BILL_ENTRY: BoardCcTalkAcceptor = { ...COIN_ENTRY, name: 'bill', method: 'bill', denominations: { '1': 2_000, '2': 5_000 } };

const STEP_MS = 5;

/** One device at a wire of its own, the acceptor that talks to it, and what that said. Time moves only when asked to. */
export class CcTalkBench {
  readonly clock = new FakeClock();
  readonly device: FakeCcTalkDevice;
  readonly wire: CcTalkWire;
  readonly link: CcTalkLink;
  readonly entry: BoardCcTalkAcceptor;
  readonly identities: CcTalkIdentity[] = [];
  events: AcceptorEvent[] = [];
  /** The newest mark that was said: what the journal would have. */
  mark: string | undefined;
  acceptor: Acceptor;
  #boots = 0;

  constructor(entry: BoardCcTalkAcceptor, options: Partial<FakeCcTalkOptions> = {}) {
    const checksum = entry.checksum === undefined ? {} : { checksum: entry.checksum };
    const address = entry.address === undefined ? {} : { address: entry.address };
    this.device = new FakeCcTalkDevice({ clock: this.clock, method: entry.method, ...checksum, ...address, ...options });
    this.wire = new CcTalkWire(this.device);
    this.link = new CcTalkLink(this.wire);
    this.entry = entry;
    this.acceptor = this.#make();
  }

  readonly onEvent = (event: AcceptorEvent): void => {
    this.events.push(event);
    if ('mark' in event && event.mark !== undefined) this.mark = event.mark;
  };

  async start(): Promise<void> {
    await this.passing(this.acceptor.start(this.onEvent, this.mark));
  }

  /** Starts and enables; nothing is said of that. */
  async ready(): Promise<this> {
    await this.start();
    await this.passing(this.acceptor.enable());
    expect([this.said(), this.device.inhibited]).toEqual([[], false]);
    return this;
  }

  async stop(): Promise<void> {
    await this.passing(this.acceptor.stop());
  }

  /** Stops it, and looks whether anything is left. */
  async finish(): Promise<void> {
    await this.stop();
    this.device.finish();
    expect([this.link.inUse, this.clock.pending()]).toEqual([false, 0]);
  }

  /** The box dies here, without a word to anybody, and is started again with what was committed. */
  async crash(): Promise<void> {
    const dead = this.acceptor;
    const { mark } = this;
    // What it would still say, nobody hears.
    const { events } = this;
    this.events = [];
    this.device.say = () => undefined;
    await this.passing(dead.stop());
    this.events = events;
    this.mark = mark;
    this.device.say = (bytes) => this.wire.toHost(bytes);
    this.acceptor = this.#make();
  }

  /** Lets time pass until that is done. */
  async passing<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    for (let i = 0; !done && i < 10_000; i++) await this.clock.flow(STEP_MS, STEP_MS);
    return work;
  }

  pass(ms = 400): Promise<void> {
    return this.clock.flow(ms, STEP_MS);
  }

  /** What was said since the last look, marks left out. */
  said(): string[] {
    return this.events.splice(0).flatMap(wordOf);
  }

  #make(): Acceptor {
    const bus = ccTalkBus({ link: this.link, clock: this.clock });
    const onIdentity = (identity: CcTalkIdentity) => void this.identities.push(identity);
    return ccTalkAcceptor({ entry: this.entry, bus, clock: this.clock, boot: `boot${++this.#boots}`, onIdentity });
  }
}

/** An acceptor of sample pieces at a device of its own, for its contract. */
export function ccTalkHarness(method: 'coin' | 'bill', inhibits: readonly boolean[]): EscrowHarness {
  const entry = { ...(method === 'coin' ? COIN_ENTRY : BILL_ENTRY), denominations: { '1': 100, '5': 500 } };
  // Its own names would say what they are worth.
  const bench = new CcTalkBench(entry, { lacks: { [HEADER.billId]: 'nak' } });
  const { device, acceptor } = bench;
  // The box before this one has left it open.
  device.master = true;
  device.mask = [0xff, 0xff];
  device.mode = 3;
  return {
    acceptor: {
      name: acceptor.name,
      method: acceptor.method,
      escrow: acceptor.escrow,
      start: (onEvent) => bench.passing(acceptor.start(onEvent)),
      enable: () => bench.passing(acceptor.enable()),
      disable: () => bench.passing(acceptor.disable()),
      busy: () => acceptor.busy(),
      stop: () => bench.passing(acceptor.stop()),
    },
    insert: async (position) => device.take(position),
    settle: () => bench.pass(),
    noise: async () => device.event(0, method === 'coin' ? 1 : 2),
    inhibited: () => device.inhibited,
    away: async (gone) => {
      device.on = !gone;
      await bench.pass(10_000);
    },
    stacked: () => device.stacked,
    returned: () => device.returned,
    finish: () => {
      device.finish();
      expect(device.inhibits).toEqual(inhibits);
    },
  };
}

function wordOf(event: AcceptorEvent): string[] {
  const piece = 'piece' in event && event.piece !== undefined ? [event.piece] : [];
  switch (event.kind) {
    case 'read':
      return [];
    case 'fault':
    case 'cleared':
      return [`${event.kind} ${event.code}`];
    case 'credited':
    case 'escrowed':
      return [[event.kind, event.amountMinor, ...piece].join(' ')];
    case 'unassigned':
      return [[event.kind, event.pulses, ...piece].join(' ')];
    case 'returned':
      return [[event.kind, ...piece].join(' ')];
    case 'rejected':
      return [`rejected: ${event.reason}`];
  }
}

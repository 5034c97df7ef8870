import { afterEach, describe, expect, it } from 'vitest';
import type { Acceptor, AcceptorEvent } from '../ports/acceptor.ts';

/** 1 is worth 100 minor units and 5 is worth 500; nobody knows what 3 is worth. */
export type SamplePiece = 1 | 3 | 5;

/**
 * An acceptor of sample pieces, with somebody to put them in. A piece is called by its number of pulses, or by its
 * position in a device that names it.
 */
export interface AcceptorHarness {
  readonly acceptor: Acceptor;
  /** Puts a piece in, whether it is enabled or not; resolves before the acceptor has counted it. Of pulses: in the middle of the last one's gap. */
  insert(piece: SamplePiece): Promise<void>;
  /** Lets the acceptor finish a piece that is in: count it, hold it, or do with it what it was told. */
  settle(): Promise<void>;
  /** Something that is no money: noise too short on its wire, a piece that the device refuses. */
  noise(): Promise<void>;
  /** Whether it refuses pieces. */
  inhibited(): boolean;
  /** Checks that the inhibit line, or what stands for it, changed as it was said to. */
  finish(): void;
}

/** One that counts the pulses of a line, which can go wrong in ways of its own. */
export interface PulseHarness extends AcceptorHarness {
  /** Holds the wire in its active level long enough to be stuck, or lets it go and waits. */
  stick(stuck: boolean): Promise<void>;
  /** Noise until it is a storm, or quiet until that is over. */
  storm(raging: boolean): Promise<void>;
  /** Loses an edge in the middle of a piece of 5 pulses. */
  insertWithLoss(): Promise<void>;
}

/** One that talks to a device, which can go away. */
export interface DeviceHarness extends AcceptorHarness {
  /** Takes the device away, or puts it back, and waits until that must have been noticed. It was left open by the box before this one. */
  away(gone: boolean): Promise<void>;
}

export type Make<H extends AcceptorHarness> = (inhibits: readonly boolean[]) => Promise<H>;

/** The acceptor of one test, started and afterwards stopped. `stacks`: a bill that it holds is kept, as soon as it says so. */
export function underTest<H extends AcceptorHarness>(make: Make<H>, stacks: boolean) {
  let harness: H;
  let events: AcceptorEvent[];
  let decisions: Promise<void>[];
  const unstarted = async (...inhibits: boolean[]) => {
    harness = await make(inhibits);
    events = [];
    decisions = [];
    return harness;
  };
  const begin = () =>
    harness.acceptor.start((event) => {
      const { escrow } = harness.acceptor;
      // How far a device is read is a matter of its own, and so is a piece that is only held.
      if (event.kind === 'read') return;
      if (event.kind === 'escrowed' && stacks && escrow) decisions.push(escrow.stack(event.piece));
      else events.push(event);
    });
  const start = async (...inhibits: boolean[]) => {
    await unstarted(...inhibits);
    await begin();
    return harness.acceptor;
  };
  const put = async (piece: SamplePiece) => {
    await harness.insert(piece);
    await harness.settle();
    await Promise.all(decisions);
  };
  const told = () =>
    events.map((event) => (event.kind === 'fault' || event.kind === 'cleared' ? `${event.kind} ${event.code}` : event.kind));
  afterEach(async () => {
    await harness.acceptor.stop();
    harness.finish();
  });
  return { unstarted, begin, start, put, told, events: () => events, harness: () => harness };
}

/**
 * The promises of ports/acceptor.ts. `make` is told how the inhibit line, or what stands for it, is going to change, true for
 * inhibited; it is not inhibited before start.
 */
export function acceptorContract(name: string, make: Make<AcceptorHarness>): void {
  describe(`${name} keeps the contract of Acceptor`, () => {
    const { start, put, told, events, harness } = underTest(make, true);

    it('starts disabled, and is enabled and disabled as often as one likes', async () => {
      const acceptor = await start(true, false, true, false, true);
      expect(harness().inhibited()).toBe(true);
      await acceptor.enable();
      await acceptor.enable();
      expect(harness().inhibited()).toBe(false);
      await acceptor.disable();
      await acceptor.disable();
      expect(harness().inhibited()).toBe(true);
      await Promise.all([acceptor.enable(), acceptor.disable(), acceptor.enable()]);
      expect(harness().inhibited()).toBe(false);
    });

    it('credits each piece once, under a name of its own', async () => {
      const acceptor = await start(true, false, true);
      await acceptor.enable();
      await put(1);
      await put(5);
      await put(1);
      expect(events()).toEqual(
        [100, 500, 100].map((amountMinor) => expect.objectContaining({ kind: 'credited', train: expect.any(String), amountMinor })),
      );
      expect(new Set(events().map((event) => 'train' in event && event.train)).size).toBe(3);
    });

    it('never guesses what a piece is worth: it is parked when it is in, and given back when it can be', async () => {
      const acceptor = await start(true, false, true);
      await acceptor.enable();
      await put(3);
      if (acceptor.escrow) expect(new Set(told())).toEqual(new Set(['rejected']));
      else expect(events()).toEqual([expect.objectContaining({ kind: 'unassigned', train: expect.any(String) })]);
      await put(1);
      expect(events().at(-1)).toMatchObject({ kind: 'credited', amountMinor: 100 });
    });

    it('reports money that comes while it is disabled: it is in the box', async () => {
      await start(true);
      await put(5);
      expect(events()).toMatchObject([{ kind: 'credited', amountMinor: 500 }]);
    });

    it('says what it rejects, and credits none of it', async () => {
      await start(true);
      await harness().noise();
      await harness().settle();
      expect(told()).toEqual(['rejected']);
    });

    it('is not busy while nothing is in it', async () => {
      const acceptor = await start(true);
      expect(acceptor.busy()).toBe(false);
      await put(1);
      expect(acceptor.busy()).toBe(false);
    });
  });
}

/** As `acceptorContract`, and what is promised of a device that is not there. */
export function deviceAcceptorContract(name: string, make: Make<DeviceHarness>): void {
  acceptorContract(name, make);
  describe(`${name} keeps its promises about a device that is away`, () => {
    const { unstarted, begin, start, put, told, events, harness } = underTest(make, true);

    it('starts without it, and does what is wanted as soon as it is there', async () => {
      const { acceptor, away } = await unstarted(true);
      await away(true);
      await begin();
      expect(told()).toEqual([expect.stringMatching(/^fault /)]);
      await acceptor.enable();
      await acceptor.disable();
      expect(told()).toHaveLength(1);
      await away(false);
      expect([told(), harness().inhibited()]).toEqual([expect.arrayContaining([told()[0]?.replace('fault', 'cleared')]), true]);
    });

    it('goes on when it is back, and says a fault no longer than it lasts', async () => {
      const acceptor = await start(true, false, true);
      await acceptor.enable();
      await harness().away(true);
      const faults = () => standing(events());
      expect([faults(), acceptor.busy()]).toEqual([[expect.any(String)], false]);
      await harness().away(false);
      expect([faults(), harness().inhibited()]).toEqual([[], false]);
      await put(5);
      expect(events().at(-1)).toMatchObject({ kind: 'credited', amountMinor: 500 });
    });
  });
}

/** The codes of the faults that are not cleared. */
export function standing(events: readonly AcceptorEvent[]): readonly string[] {
  const codes = new Set<string>();
  for (const event of events) {
    if (event.kind === 'fault') codes.add(event.code);
    if (event.kind === 'cleared') codes.delete(event.code);
  }
  return [...codes];
}

/** As `acceptorContract`, and what is promised of lines that carry pulses. */
export function pulseAcceptorContract(name: string, make: Make<PulseHarness>): void {
  acceptorContract(name, make);
  describe(`${name} keeps its promises about pulses`, () => {
    const { start, put, told, events, harness } = underTest(make, false);

    it('says the widths of what it counted', async () => {
      await start(true);
      await put(3);
      expect(events()).toEqual([{ kind: 'unassigned', train: expect.any(String), pulses: 3, widthsMs: [50, 50, 50] }]);
    });

    it('is busy while a piece is being counted, and only then', async () => {
      const acceptor = await start(true);
      expect(acceptor.busy()).toBe(false);
      await harness().insert(5);
      expect([acceptor.busy(), events()]).toEqual([true, []]);
      await harness().settle();
      expect([acceptor.busy(), told()]).toEqual([false, ['credited']]);
    });

    it('never guesses a count with a loss in it', async () => {
      await start(true);
      await harness().insertWithLoss();
      await harness().settle();
      expect(told()).toEqual(['fault edges-lost', 'unassigned']);
    });

    it('is inhibited while its line is stuck, and comes back by itself', async () => {
      const acceptor = await start(true, false, true, false, true);
      await acceptor.enable();
      await harness().stick(true);
      expect([told(), harness().inhibited(), acceptor.busy()]).toEqual([['fault line-stuck'], true, false]);
      await acceptor.enable();
      expect(harness().inhibited()).toBe(true);
      await harness().stick(false);
      expect([told(), harness().inhibited()]).toEqual([['fault line-stuck', 'cleared line-stuck'], false]);
      await put(1);
      expect(told().at(-1)).toBe('credited');
    });

    it('is inhibited in a storm of noise, and comes back when it is over', async () => {
      const acceptor = await start(true, false, true, false, true);
      await acceptor.enable();
      await harness().storm(true);
      expect([harness().inhibited(), acceptor.busy()]).toEqual([true, false]);
      await harness().storm(false);
      expect(harness().inhibited()).toBe(false);
      expect(told().filter((event) => event !== 'rejected')).toEqual(['fault pulse-storm', 'cleared pulse-storm']);
    });

    it('stays disabled after a fault when that was wanted meanwhile', async () => {
      const acceptor = await start(true, false, true);
      await acceptor.enable();
      await harness().stick(true);
      await acceptor.disable();
      await harness().stick(false);
      expect(harness().inhibited()).toBe(true);
    });

    it('stops disabled, and says what it has counted so far', async () => {
      const acceptor = await start(true, false, true);
      await acceptor.enable();
      await harness().insert(5);
      await acceptor.stop();
      expect(harness().inhibited()).toBe(true);
      expect(events()).toMatchObject([{ kind: 'unassigned', pulses: 5 }]);
      await put(1);
      expect(events()).toHaveLength(1);
    });
  });
}

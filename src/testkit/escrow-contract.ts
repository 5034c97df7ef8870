import { describe, expect, it } from 'vitest';
import { type DeviceHarness, deviceAcceptorContract, type Make, type SamplePiece, standing, underTest } from './acceptor-contract.ts';

/** An acceptor that holds each piece until it is told what to do with it. */
export interface EscrowHarness extends DeviceHarness {
  /** What is in the box, and what was given back, by the device's own account; oldest first. */
  stacked(): readonly number[];
  returned(): readonly number[];
}

/** As `deviceAcceptorContract`, and the promises of `Escrow`. */
export function escrowAcceptorContract(name: string, make: Make<EscrowHarness>): void {
  deviceAcceptorContract(name, make);
  describe(`${name} keeps the contract of Escrow`, () => {
    const { start, put, told, events, harness } = underTest(make, false);
    const kept = () => [harness().stacked(), harness().returned()];
    /** What was said of pieces since the last look; what else it rejects or reports is no matter here. */
    const said = () => events().filter(({ kind }) => !['rejected', 'fault', 'cleared'].includes(kind));
    /** Started and enabled. */
    const ready = async () => {
      const acceptor = await start(true, false, true);
      await acceptor.enable();
      return acceptor;
    };
    /** Puts a piece in; its name now that it is held. */
    const hold = async (piece: SamplePiece) => {
      await put(piece);
      const held = events().at(-1);
      expect(held).toMatchObject({ kind: 'escrowed', amountMinor: piece * 100 });
      return held?.kind === 'escrowed' ? held.piece : '';
    };
    const tell = async (what: 'stack' | 'giveBack', piece: string) => {
      const telling = harness().acceptor.escrow?.[what](piece);
      await harness().settle();
      await telling;
    };

    it('holds a piece until it is told, and is busy with it', async () => {
      const acceptor = await ready();
      await hold(1);
      for (let i = 0; i < 5; i++) await harness().settle();
      expect([told(), kept(), acceptor.busy()]).toEqual([['escrowed'], [[], []], true]);
    });

    it('credits a piece once when it is stacked', async () => {
      const acceptor = await ready();
      const piece = await hold(5);
      await tell('stack', piece);
      await tell('stack', piece);
      expect(said().slice(1)).toEqual([expect.objectContaining({ kind: 'credited', piece, amountMinor: 500, train: expect.any(String) })]);
      expect([kept(), acceptor.busy()]).toEqual([[[5], []], false]);
    });

    it('credits nothing of a piece that is given back', async () => {
      const acceptor = await ready();
      const piece = await hold(5);
      await tell('giveBack', piece);
      await tell('stack', piece);
      expect(said().slice(1)).toEqual([expect.objectContaining({ kind: 'returned', piece, reason: expect.any(String) })]);
      expect([kept(), acceptor.busy()]).toEqual([[[], [5]], false]);
    });

    it('does what it was told first', async () => {
      await ready();
      const piece = await hold(1);
      await Promise.all([tell('stack', piece), tell('giveBack', piece)]);
      expect([told(), kept()]).toEqual([
        ['escrowed', 'credited'],
        [[1], []],
      ]);
    });

    it('leaves the held piece alone when another one is meant', async () => {
      await ready();
      const first = await hold(1);
      await tell('giveBack', first);
      const second = await hold(5);
      expect(second).not.toBe(first);
      for (const piece of [first, 'never-was']) {
        await tell('stack', piece);
        await tell('giveBack', piece);
      }
      expect(kept()).toEqual([[], [1]]);
      await tell('stack', second);
      expect([events().at(-1), kept()]).toEqual([
        expect.objectContaining({ kind: 'credited', piece: second, amountMinor: 500 }),
        [[5], [1]],
      ]);
    });

    it('offers no piece that nobody knows the worth of, and gives it back', async () => {
      const acceptor = await ready();
      await put(3);
      expect([said(), kept(), acceptor.busy()]).toEqual([[], [[], [3]], false]);
    });

    it('still does with a held piece what it is told when it is disabled meanwhile', async () => {
      const acceptor = await ready();
      const piece = await hold(1);
      await acceptor.disable();
      await harness().settle();
      expect([told(), kept(), acceptor.busy()]).toEqual([['escrowed'], [[], []], true]);
      await tell('stack', piece);
      expect([told(), kept(), harness().inhibited()]).toEqual([['escrowed', 'credited'], [[1], []], true]);
    });

    it('gives a held piece back when it stops', async () => {
      const acceptor = await ready();
      const piece = await hold(1);
      await acceptor.stop();
      expect([kept(), acceptor.busy(), harness().inhibited()]).toEqual([[[], [1]], false, true]);
      // Whether there was still time to say so is the driver's affair.
      for (const event of said().slice(1)) expect(event).toMatchObject({ kind: 'returned', piece });
    });

    it('holds up nobody for a piece in a device that is away, and counts it once at most', async () => {
      const acceptor = await ready();
      const piece = await hold(1);
      await harness().away(true);
      expect([standing(events()), acceptor.busy()]).toEqual([[expect.any(String)], false]);
      await harness().away(false);
      await tell('giveBack', piece);
      expect([standing(events()), acceptor.busy(), harness().inhibited()]).toEqual([[], false, false]);
      expect(said().slice(1)).toEqual([expect.objectContaining({ kind: 'returned', piece })]);
      expect(kept()).toEqual([[], [1]]);
    });

    it('stops although a piece is held in a device that is away', async () => {
      const acceptor = await start(true, false);
      await acceptor.enable();
      const piece = await hold(1);
      await harness().away(true);
      await acceptor.stop();
      expect(acceptor.busy()).toBe(false);
      for (const event of said().slice(1)) expect(event).toMatchObject({ kind: 'returned', piece });
    });
  });
}

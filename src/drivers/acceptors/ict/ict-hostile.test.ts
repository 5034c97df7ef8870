import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AcceptorEvent } from '../../../ports/acceptor.ts';
import { FakeClock, settle } from '../../../testkit/clock.ts';
import { ICT_ENTRY, IctBench } from '../../../testkit/ict-bench.ts';
import type { SerialLink, SerialListener } from '../../serial/serial-link.ts';
import { ictBillAcceptor } from './ict-acceptor.ts';

it('makes no money of bytes: at most one piece for each byte 10, and no credit twice, however they come and whatever is decided', async () => {
  const bytes = fc.oneof(fc.constantFrom(0x10, 0x11, 0x81, 0x40, 0x41, 0x44, 0x3e, 0x71, 0x80, 0x8f), fc.integer({ min: 0, max: 255 }));
  const chunks = fc.array(fc.record({ chunk: fc.array(bytes, { maxLength: 8 }), ms: fc.constantFrom(0, 100, 600, 6_000) }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(chunks, fc.constantFrom('stack', 'giveBack', null), async (all, decision) => {
      const time = new FakeClock();
      let listener: SerialListener | null = null;
      let written = 0;
      const port: SerialLink = {
        path: '/dev/ttyUSB0',
        open: async (to) => {
          listener = to;
          return {
            write: async (sent) => {
              written += sent.length;
            },
            close: async () => undefined,
          };
        },
      };
      const bills = ictBillAcceptor({ entry: ICT_ENTRY, link: port, clock: time, boot: 'boot1' });
      const heard: AcceptorEvent[] = [];
      void bills.start((event) => {
        heard.push(event);
        if (event.kind === 'escrowed' && decision) void bills.escrow?.[decision](event.piece);
      });
      await settle();
      for (const { chunk, ms } of all) {
        (listener as SerialListener | null)?.bytes(Uint8Array.from(chunk));
        time.advance(ms);
      }
      const stopped = bills.stop();
      await settle();
      time.advance(2_000);
      await stopped;
      const stackedBytes = all.flatMap(({ chunk }) => chunk).filter((byte) => byte === 0x10).length;
      const escrowed = heard.flatMap((event) => (event.kind === 'escrowed' ? [event.piece] : []));
      const credited = heard.flatMap((event) => (event.kind === 'credited' ? [event.piece ?? ''] : []));
      const found = heard.filter((event) => event.kind === 'unassigned' && event.piece === undefined);
      expect(credited.length + found.length).toBeLessThanOrEqual(stackedBytes);
      expect(new Set(credited).size).toBe(credited.length);
      expect(escrowed).toEqual(expect.arrayContaining(credited));
      const ended = heard.flatMap((event) => ('piece' in event && event.kind !== 'escrowed' ? [event.piece ?? ''] : []));
      expect(ended.sort()).toEqual([...escrowed].sort());
      expect(written).toBeGreaterThan(0);
      expect([time.pending(), bills.busy()]).toEqual([0, false]);
    }),
    { numRuns: 200 },
  );
});

it('starts although its device answers every question with a refused note', async () => {
  const time = new FakeClock();
  const port: SerialLink = {
    path: '/dev/ttyUSB0',
    open: async (to) => ({
      write: async (sent) => void (sent[0] === 0x0c && time.after(10, () => to.bytes(Uint8Array.of(0x29)))),
      close: async () => undefined,
    }),
  };
  const bills = ictBillAcceptor({ entry: ICT_ENTRY, link: port, clock: time, boot: 'boot1' });
  let started = false;
  void bills
    .start(() => undefined)
    .then(() => {
      started = true;
    });
  await time.flow(60_000, 100);
  expect(started).toBe(true);
  const stopped = bills.stop();
  await time.flow(3_000, 100);
  await stopped;
});

it.each(['stack', 'giveBack'] as const)('takes a note for one that is announced again while it is told to %s', async (decision) => {
  const bench = new IctBench();
  await bench.ready(decision === 'stack' ? 'accept' : decision);
  bench.decision = decision;
  await bench.insert(1);
  // The answer to a poll that was on its way when the note came.
  bench.device.tell(0x81, 0x40);
  await bench.clock.flow(100);
  const outcome = decision === 'stack' ? 'credited boot1.bill.1 2000' : 'returned boot1.bill.1: as it was told';
  expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000', outcome]);
  await bench.finish();
});

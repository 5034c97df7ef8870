import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../domain/fault.ts';
import type { Printer, TicketImage } from '../ports/printer.ts';
import type { Need } from './needs.ts';
import { sampleImage } from './sample-tickets.ts';

/** A printer, and the hands of those who stand before it. */
export interface PrinterHarness {
  readonly printer: Printer;
  /** Whole tickets that came out, from the first; a part of one that was cut off later is one too. */
  tickets(): Promise<readonly TicketImage[]>;
  trouble(kind: 'paper-out' | 'cover-open' | 'offline'): void;
  mend(): void;
  /** Fails on whatever the printer should not have got; `whole` is false when the last ticket was broken off on purpose. */
  finish(whole: boolean): Promise<void>;
  /** What only printers on a line can do. */
  readonly line: PrinterLineHarness | null;
}

export interface PrinterLineHarness {
  paperLow(): void;
  /** The paper ends after so many rows. */
  paperFor(rows: number): void;
  /** From now on it prints nothing more, and still answers. */
  stall(): void;
  /** Resolves when it has received so many bytes. */
  received(bytes: number): Promise<void>;
  unplug(): Promise<void>;
  plug(): Promise<void>;
}

const NEVER = new AbortController().signal;

interface Surroundings {
  readonly need?: Need;
  /** Whether the printer is at the end of a line. */
  readonly onLine: boolean;
}

const NO_NEED: Need = { missing: false, why: '' };

/** The promises of ports/printer.ts. */
export function printerContract(name: string, { need = NO_NEED, onLine }: Surroundings, make: () => Promise<PrinterHarness>): void {
  describe.skipIf(need.missing)(`${name} keeps the contract of Printer${need.why}`, () => {
    let harness: PrinterHarness;
    let line: PrinterLineHarness;
    let whole: boolean;
    let image: (height: number, seed?: number) => TicketImage;
    const open = async () => {
      harness = await make();
      whole = true;
      if (harness.line) line = harness.line;
      image = (height, seed = 7) => sampleImage(harness.printer.dots, height, seed);
      return harness.printer;
    };
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'done',
        (error: unknown) => (error instanceof Fault ? `${error.blame} ${error.code}` : error),
      );
    const print = (ticket: TicketImage, signal = NEVER) => codeOf(harness.printer.print(ticket, signal));
    const expectTickets = async (...images: TicketImage[]) => {
      const tickets = await harness.tickets();
      expect(tickets.map(({ width, height }) => `${width}x${height}`)).toEqual(images.map(({ width, height }) => `${width}x${height}`));
      for (const [i, { bits }] of images.entries()) expect(Buffer.compare(tickets[i]?.bits ?? new Uint8Array(), bits)).toBe(0);
    };
    afterEach(async () => {
      await harness.printer.close();
      await harness.finish(whole);
    });

    it('prints a ticket dot by dot, and cuts it off', async () => {
      await open();
      expect(await print(image(300))).toBe('done');
      await expectTickets(image(300));
    });

    it('prints tickets of every size it may be given, one after the other', async () => {
      await open();
      const sizes = [image(1), sampleImage(8, 700, 3), sampleImage(64, 97, 4), image(1_500)];
      for (const one of sizes) expect(await print(one)).toBe('done');
      await expectTickets(...sizes);
    });

    it('prints one ticket at a time, in their order', async () => {
      await open();
      const images = [1, 2, 3].map((seed) => image(120, seed));
      expect(await Promise.all(images.map((one) => print(one)))).toEqual(['done', 'done', 'done']);
      await expectTickets(...images);
    });

    it('refuses what is no ticket', async () => {
      const { dots } = await open();
      const wrong: TicketImage[] = [
        sampleImage(dots + 8, 10, 1),
        { ...image(10), height: 11 },
        { width: 9, height: 1, bits: new Uint8Array(2) },
        { width: 0, height: 1, bits: new Uint8Array() },
        { width: 8, height: 0, bits: new Uint8Array() },
        { width: 8, height: 8_001, bits: new Uint8Array(8_001) },
        { width: Number.NaN, height: 1, bits: new Uint8Array() },
      ];
      for (const one of wrong) expect(await print(one)).toBe('caller ticket-image-invalid');
      await expectTickets();
    });

    it.each(['paper-out', 'cover-open', 'offline'] as const)('says when it is %s, and prints when that is mended', async (kind) => {
      const printer = await open();
      expect(await printer.status(NEVER)).toEqual({ state: 'ready', paperLow: false });
      harness.trouble(kind);
      expect(await printer.status(NEVER)).toEqual({ state: kind, detail: expect.stringMatching(/\w/) });
      expect(await print(image(100))).toBe(`device printer-${kind}`);
      await expectTickets();
      harness.mend();
      expect(await print(image(100))).toBe('done');
      expect((await harness.tickets()).at(-1)).toEqual(image(100));
      expect(await printer.status(NEVER)).toEqual({ state: 'ready', paperLow: false });
    });

    it('prints nothing for a signal that has come already', async () => {
      const printer = await open();
      expect(await print(image(10), AbortSignal.abort())).toBe('device printer-aborted');
      await expectTickets();
      expect(await print(image(10))).toBe('done');
      expect((await printer.status(NEVER)).state).toBe('ready');
    });

    it('prints nothing after it was closed', async () => {
      const printer = await open();
      expect(await print(image(10))).toBe('done');
      await printer.close();
      await printer.close();
      expect(await print(image(10))).toBe('device printer-aborted');
      expect((await printer.status(NEVER)).state).toBe('offline');
      await expectTickets(image(10));
    });

    if (!onLine) return;
    const atItsLine = (title: string, test: () => Promise<void>) =>
      it(title, async () => {
        await open();
        await test();
      });

    atItsLine('says when the paper is nearly at its end, and prints', async () => {
      line.paperLow();
      expect(await harness.printer.status(NEVER)).toEqual({ state: 'ready', paperLow: true });
      expect(await print(image(50))).toBe('done');
      await expectTickets(image(50));
    });

    atItsLine('tells of paper that ends in the middle of a ticket; the next one is whole', async () => {
      line.paperFor(150);
      expect(await print(image(400))).toBe('device printer-paper-out');
      await expectTickets();
      expect(await print(image(400))).toBe('device printer-paper-out');
      harness.mend();
      expect(await print(image(200, 9))).toBe('done');
      const tickets = await harness.tickets();
      expect(tickets).toHaveLength(2);
      expect(tickets[1]).toEqual(image(200, 9));
    });

    atItsLine('gives up a ticket that does not go on, at a signal', async () => {
      const customer = new AbortController();
      expect(await print(image(40))).toBe('done');
      line.stall();
      const printing = print(image(2_000), customer.signal);
      const waiting = print(image(30), customer.signal);
      await line.received(6_000);
      customer.abort();
      expect(await Promise.all([printing, waiting])).toEqual(['device printer-aborted', 'device printer-aborted']);
      harness.mend();
      expect(await print(image(60, 5))).toBe('done');
      expect((await harness.tickets()).at(-1)).toEqual(image(60, 5));
    });

    atItsLine('gives up a ticket when it is closed', async () => {
      expect(await print(image(40))).toBe('done');
      line.stall();
      const printing = print(image(2_000));
      await line.received(6_000);
      await harness.printer.close();
      expect(await printing).toBe('device printer-aborted');
      whole = false;
    });

    atItsLine('is offline when it is not there, and back when it is', async () => {
      await line.unplug();
      expect(await print(image(10))).toBe('device printer-offline');
      expect((await harness.printer.status(NEVER)).state).toBe('offline');
      await line.plug();
      expect(await print(image(10))).toBe('done');
      await expectTickets(image(10));
    });

    atItsLine('is offline when it is pulled out of a ticket; the next one is whole', async () => {
      expect(await print(image(40))).toBe('done');
      line.stall();
      const printing = print(image(2_000));
      await line.received(6_000);
      await line.unplug();
      expect(await printing).toBe('device printer-offline');
      await line.plug();
      harness.mend();
      expect(await print(image(80, 3))).toBe('done');
      expect((await harness.tickets()).at(-1)).toEqual(image(80, 3));
    });
  });
}

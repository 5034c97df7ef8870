import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../domain/fault.ts';
import type { Money } from '../domain/money.ts';
import type { CardReader } from '../ports/card-reader.ts';

/** A card reader and the customer in front of it. */
export interface CardReaderHarness {
  readonly reader: CardReader;
  /** Presents a card that can be read. */
  present(): Promise<void>;
  presentUnreadable(): Promise<void>;
  /** The amount the customer is asked for, or null while no card is wanted. */
  shown(): Money | null;
}

const AMOUNT: Money = { minor: 6_666, currency: 'THB' };
const OTHER: Money = { minor: 100, currency: 'THB' };

/** The promises of ports/card-reader.ts. */
export function cardReaderContract(name: string, make: () => Promise<CardReaderHarness> | CardReaderHarness): void {
  describe(`${name} keeps the contract of CardReader`, () => {
    let harness: CardReaderHarness;
    let customer: AbortController;
    const read = (amount = AMOUNT) => harness.reader.read(amount, customer.signal);
    const start = async () => {
      harness = await make();
      customer = new AbortController();
    };
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'read',
        (error: unknown) => (error instanceof Fault ? `${error.blame} ${error.code}` : error),
      );
    afterEach(() => customer.abort());

    it('hands over the card that was presented, in the form the payment server takes', async () => {
      await start();
      const reading = read();
      await harness.present();
      const card = await reading;
      expect(card.org).toMatch(/^[A-Z0-9]{1,16}$/);
      expect(card.maskedPan).toMatch(/^\d{6}\*{3,9}\d{4}$/);
      const [first, last] = [card.maskedPan.slice(0, 6), card.maskedPan.slice(-4)];
      expect(card.track2.reveal()).toMatch(new RegExp(`^${first}\\d{3,9}${last}D\\d{2}(0[1-9]|1[0-2])\\d{3}\\d*$`));
      expect(card.emvData.reveal()).toMatch(/^([0-9A-F]{2})+$/);
      expect(card.pinBlock.reveal()).toMatch(/^[0-9A-F]{16}$/);
    });

    it('hands over nothing that turns into text by accident', async () => {
      await start();
      const reading = read();
      await harness.present();
      const card = await reading;
      const secrets = [card.track2, card.emvData, card.pinBlock];
      const accidents = JSON.stringify(card) + inspect(card, { depth: 9, showHidden: true }) + JSON.stringify({ ...card }) + secrets.join();
      for (const secret of secrets) expect(accidents).not.toContain(secret.reveal());
      expect(accidents).not.toMatch(/\d{13}/);
    });

    it('shows the amount from the beginning of the wait to its end', async () => {
      await start();
      expect(harness.shown()).toBeNull();
      const reading = read();
      expect(harness.shown()).toEqual(AMOUNT);
      await harness.present();
      await reading;
      expect(harness.shown()).toBeNull();
    });

    it('ends the wait with its signal, and is ready for the next card', async () => {
      await start();
      const reading = codeOf(read());
      customer.abort();
      expect([await reading, harness.shown()]).toEqual(['device card-aborted', null]);
      customer = new AbortController();
      const again = read(OTHER);
      expect(harness.shown()).toEqual(OTHER);
      await harness.present();
      expect((await again).maskedPan).toContain('*');
    });

    it('does not begin to wait when the signal has come already', async () => {
      await start();
      customer.abort();
      expect([await codeOf(read()), harness.shown()]).toEqual(['device card-aborted', null]);
    });

    it('tells a card that cannot be read, and reads the next one', async () => {
      await start();
      const reading = codeOf(read());
      await harness.presentUnreadable();
      expect([await reading, harness.shown()]).toEqual(['device card-unreadable', null]);
      const again = codeOf(read());
      await harness.present();
      expect(await again).toBe('read');
    });

    it('reads one card at a time: a second read is refused and leaves the first alone', async () => {
      await start();
      const first = codeOf(read());
      expect(await codeOf(read(OTHER))).toBe('caller card-reader-busy');
      expect(harness.shown()).toEqual(AMOUNT);
      await harness.present();
      expect(await first).toBe('read');
    });

    it('lets a signal that comes after the card change nothing', async () => {
      await start();
      const reading = codeOf(read());
      await harness.present();
      customer.abort();
      expect(await reading).toBe('read');
      customer = new AbortController();
      const again = codeOf(read());
      await harness.present();
      expect(await again).toBe('read');
    });
  });
}

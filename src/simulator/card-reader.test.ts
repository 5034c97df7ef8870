import { describe, expect, it } from 'vitest';
import { cardReaderContract } from '../testkit/card-reader-contract.ts';
import { FakeClock } from '../testkit/clock.ts';
import { SimulatedCardReader, type TestCard } from './card-reader.ts';

const clock = () => new FakeClock(Date.UTC(2025, 11, 5));

cardReaderContract('the simulated card reader', () => {
  const reader = new SimulatedCardReader(clock());
  return {
    reader,
    present: async () => reader.present('visa'),
    presentUnreadable: async () => reader.present('unreadable'),
    shown: () => reader.asks(),
  };
});

const presented = async (card: TestCard, minor = 6_666) => {
  const reader = new SimulatedCardReader(clock());
  const reading = reader.read({ minor, currency: 'THB' }, new AbortController().signal);
  reader.present(card);
  return reading;
};

/** Data objects by their tags; throws when lengths and values do not fit. */
function objectsOf(hex: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < hex.length; ) {
    const tagLength = (Number.parseInt(hex.slice(at, at + 2), 16) & 0x1f) === 0x1f ? 4 : 2;
    const tag = hex.slice(at, at + tagLength);
    const from = at + tagLength + 2;
    at = from + 2 * Number.parseInt(hex.slice(from - 2, from), 16);
    if (at > hex.length) throw new Error(`${tag} is cut off`);
    found.set(tag, hex.slice(from, at));
  }
  return found;
}

describe('the simulated card reader', () => {
  it.each([
    ['visa', 'VISA', '411111******1111', '4111111111111111D271220100000000', 'A0000000031010'],
    ['amex', 'AMEX', '378282*****0005', '378282246310005D271220100000000', 'A00000002501'],
  ] as const)('reads a %s test card', async (card, org, maskedPan, track2, application) => {
    const read = await presented(card);
    expect(read).toMatchObject({ org, maskedPan });
    expect([read.track2.reveal(), read.pinBlock.reveal()]).toEqual([track2, '0000000000000000']);
    expect(objectsOf(read.emvData.reveal()).get('84')).toBe(application);
  });

  it("gives chip data with the tags of the guide's example, the amount, the currency and the day, and no card number", async () => {
    const objects = objectsOf((await presented('visa')).emvData.reveal());
    expect([...objects.keys()].join(' ')).toBe('9F26 9F27 9F10 9F37 9F36 95 9A 9C 9F02 5F2A 82 9F1A 9F03 9F33 9F34 9F35 9F1E 84 9F09');
    expect([objects.get('9F02'), objects.get('5F2A'), objects.get('9A')]).toEqual(['000000006666', '0764', '251205']);
  });

  it('refuses a card that nobody waits for', () => {
    const reader = new SimulatedCardReader(clock());
    expect(() => reader.present('visa')).toThrow(expect.objectContaining({ code: 'card-not-wanted', blame: 'caller' }));
  });

  it.each([0, -1, 0.5, Number.NaN, 2 ** 53])('reads no card for %d', async (minor) => {
    const reader = new SimulatedCardReader(clock());
    const reading = reader.read({ minor, currency: 'THB' }, new AbortController().signal);
    await expect(reading).rejects.toMatchObject({ code: 'amount-invalid' });
    expect(reader.asks()).toBeNull();
  });
});

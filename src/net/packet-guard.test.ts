import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packetGuard } from './packet-guard.ts';

/** A PUBLISH with a body of that many bytes, its length in MQTT's variable form. */
function packet(length: number): Uint8Array {
  const head = [0x30];
  let left = length;
  do {
    head.push((left % 128) | (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Uint8Array.from([...head, ...new Uint8Array(length).fill(0xff)]);
}

const LIMIT = 500;

test('lets everything through up to the limit, however it is cut into chunks, and stops the first larger packet', () => {
  const lengths = fc.array(fc.oneof(fc.constantFrom(0, 1, 127, 128, LIMIT), fc.nat(LIMIT)), { maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(lengths, cuts, fc.option(fc.integer({ min: LIMIT + 1, max: 20_000 })), (sizes, steps, large) => {
      const all = [...sizes, ...(large === null ? [] : [large])].map(packet);
      const stream = Buffer.concat(all);
      const fits = packetGuard(LIMIT);
      let passed = true;
      for (let at = 0, step = 0; at < stream.length && passed; step++) {
        const size = steps[step % steps.length] ?? 1;
        passed = fits(stream.subarray(at, at + size));
        at += size;
      }
      expect(passed).toBe(large === null);
    }),
  );
});

test('stops at the announcement, before the packet itself has come', () => {
  expect(packetGuard(LIMIT)(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f))).toBe(false);
  expect(packetGuard(LIMIT)(Uint8Array.of(0x30, 0xff, 0xff))).toBe(false);
});

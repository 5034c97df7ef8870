import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOpen, linkStatus } from './link-status.ts';
import { LINK_STATUSES, type LinkStatus } from './upstreams.ts';

const anyStatus = fc.constantFrom(...LINK_STATUSES);
const anyPaid = fc.nat({ max: 120_000 });
const AMOUNT = 50_000;

describe('the status of a link', () => {
  test('is paid only for money, and with enough of it always', () => {
    fc.assert(
      fc.property(anyStatus, anyStatus, anyPaid, (now, told, paid) => {
        const next = linkStatus(now, told, AMOUNT, paid);
        if (paid >= AMOUNT) expect(next).toBe('PAID');
        else if (next === 'PAID') expect(now).toBe('PAID');
      }),
    );
  });

  test('does not depend on how often it is told, nor on the order', () => {
    const news = fc.array(fc.tuple(anyStatus, anyPaid), { maxLength: 6 });
    const cameTo = (all: readonly (readonly [LinkStatus, number])[]) =>
      all.reduce<[LinkStatus, number]>(
        ([now, before], [told, paid]) => [linkStatus(now, told, AMOUNT, Math.max(before, paid)), Math.max(before, paid)],
        ['PENDING', 0],
      )[0];
    // Of links that are over without money the first that was told stands.
    const kind = (status: LinkStatus) => (['EXPIRED', 'CANCELLED', 'FAILED'].includes(status) ? 'over' : status);
    fc.assert(fc.property(news, (all) => void expect(kind(cameTo([...all].reverse()))).toBe(kind(cameTo(all)))));
    fc.assert(fc.property(news, (all) => void expect(cameTo(all.flatMap((one) => [one, one]))).toBe(cameTo(all))));
  });

  test.each([
    ['PENDING', true],
    ['PROCESSING', true],
    ['UNDERPAID', true],
    ['PAID', false],
    ['EXPIRED', false],
    ['CANCELLED', false],
    ['FAILED', false],
  ] as const)('%s is open: %s', (status, open) => {
    expect(isOpen(status)).toBe(open);
  });
});

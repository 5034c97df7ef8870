import { expect, test } from 'vitest';
import { storableId } from './storable-id.ts';

test.each(['o-1', '12394555425', '550e8400-e29b-41d4-a716-446655440000', '0412AC89ABCDEF67', '4111111111111112'])(
  '%s is kept as it is',
  (id) => expect(storableId(id)).toBe(id),
);

test('of what could be a card number only a checksum is kept: neither its first nor its last digits', () => {
  const ids = [
    '4111111111111111',
    'no-4111111111111111',
    '378282246310005',
    '4111-1111-1111-1111',
    'PIN-block:0412AC89ABCDEF67',
    'CVV:7391',
  ];
  const kept = ids.map(storableId);
  for (const id of kept) expect(id).toMatch(/^hidden~[0-9a-f]{8}$/);
  expect(new Set(kept).size).toBe(ids.length);
  expect(ids.map(storableId)).toEqual(kept);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idText } from './identity.ts';

describe('identifiers', () => {
  it.each([
    [[], ''],
    [[0, 0, 0, 0, 0], '00000000'],
    [[255, 255, 255, 255, 255], 'zzzzzzzz'],
    [[1], '04'],
  ])('%j becomes %s', (bytes, text) => {
    expect(idText(Uint8Array.from(bytes))).toBe(text);
  });

  it('differ whenever the bytes differ', () => {
    const ten = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(fc.property(ten, ten, (a, b) => (idText(a) === idText(b)) === a.every((byte, i) => byte === b[i])));
  });
});

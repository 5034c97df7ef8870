import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, luhn, maskCards, withoutCardData } from './card-data.ts';

const VISA = '4111111111111111';
const AMEX = '378282246310005';
/** 13 and 19 digits that pass the check, made here so that no such number stands in the sources. */
const SHORT = `4${'2'.repeat(12)}`;
const LONG = `6304${'0'.repeat(15)}`;

describe('the Luhn check', () => {
  it.each([
    [VISA, true],
    [AMEX, true],
    [SHORT, true],
    ['4111111111111112', false],
    ['1411111111111111', false],
    ['0000000000000000', false],
    ['', false],
  ])('%s: %s', (digits, good) => expect(luhn(digits)).toBe(good));
});

describe('card numbers', () => {
  it.each([
    [`card ${VISA}.`, 'card 411111******1111.'],
    ['4111 1111 1111 1111', '411111******1111'],
    ['3782-822463-10005', '378282*****0005'],
    [`4111-1111-1111-1111 and ${AMEX}`, '411111******1111 and 378282*****0005'],
    [`${AMEX} 4111 1111 1111 1111 ${AMEX}`, '378282*****0005 411111******1111 378282*****0005'],
    ['5 4111 1111 1111 1111 9', '5 411111******1111 9'],
    [SHORT, '422222***2222'],
    [LONG, '630400*********0000'],
    ['4111111111111112', '4111111111111112'],
    ['000000000000000', '000000000000000'],
    [`${VISA}0000000000`, `${VISA}0000000000`],
    ['', ''],
  ])('%s becomes %s', (text, masked) => {
    expect(maskCards(text)).toBe(masked);
    expect(withoutCardData(text)).toBe(masked);
  });
});

describe('tracks and chip data', () => {
  it.each([
    [`${VISA}D271220100000000`, '[hidden]'],
    [`;${VISA}=25121010000000000000?`, '[hidden]'],
    [`swiped %B${VISA}^DOE/JO^27122010000000000?;${AMEX}=2712201?`, 'swiped [hidden][hidden]'],
    [`57 in hex: 9F02065713${VISA}D27122010000000000F5F3401`, '57 in hex: 9F[hidden]5F3401'],
    [`5A08${VISA}5F3401`, '5A08411111******11115F3401'],
    [`5a08${AMEX}f9F02`, '5a08378282*****0005f9F02'],
    // 13 is no month, and this no card number: neither is a track.
    [`${VISA}D271320100000000`, '411111******1111D271320100000000'],
    ['4000000000000000D271220100000000', '4000000000000000D271220100000000'],
  ])('%s becomes %s', (text, safe) => expect(withoutCardData(text)).toBe(safe));

  it('leaves a hash as it is', () => {
    const hash = '6d1234567890123d1234567890abcdef5a0812345678901234567890abcdef12';
    expect(withoutCardData(hash)).toBe(hash);
  });
});

describe('what is said to be a PIN or a verification value', () => {
  it.each([
    ['PIN block 0412AC89ABCDEF67', 'PIN block [hidden]'],
    ['pinBlock=0412ac89abcdef67;', 'pinBlock=[hidden];'],
    ['{"pin":"1234","cvv":"123"}', '{"pin":"[hidden]","cvv":"[hidden]"}'],
    ['CVV2: 7391, cvc 123', 'CVV2: [hidden], cvc [hidden]'],
    ['spin 1234', 'spin 1234'],
    ['PIN bad', 'PIN bad'],
    ['pin 12', 'pin 12'],
    ['pin 1234x', 'pin 1234x'],
  ])('%s becomes %s', (text, safe) => expect(withoutCardData(text)).toBe(safe));
});

describe('what is around card data', () => {
  it.each([
    ['an address', '/4111%201111%201111%201111/3782%2D822463%2d10005', '/411111******1111/378282*****0005'],
    ['a track without its beginning', 'JO^27122010000000000?', 'JO[hidden]'],
  ])('%s', (_, text, safe) => expect(withoutCardData(text)).toBe(safe));

  it('of a hash nothing is hidden, whatever its digits', () => {
    const hash = `ab${VISA}cd${AMEX}`.padEnd(64, 'e');
    expect(withoutCardData(`sha256 ${hash}, ${hash}`)).toBe(`sha256 ${hash}, ${hash}`);
    expect(withoutCardData(`${hash}0`)).not.toContain(VISA);
  });
});

describe('an excerpt', () => {
  it('hides what has the form of a PIN block, in capitals and alone', () => {
    expect(excerpt('a 0412AC89ABCDEF67 b', 100)).toBe('a [hidden] b');
    expect(excerpt('0412AC89ABCDEF670412AC89ABCDEF67', 100)).toBe('[hidden]');
    for (const other of ['0412ac89abcdef67', 'x0412AC89ABCDEF67', '0412AC89ABCDEF678', '1234567890123456', 'ABCDEFABCDEFABCD']) {
      expect(excerpt(other, 100)).toBe(other);
    }
    expect(withoutCardData('0412AC89ABCDEF67')).toBe('0412AC89ABCDEF67');
  });

  it('never ends in half a card number', () => {
    for (const text of [VISA, `${VISA}D27122010000`, `%B${VISA}^${'X'.repeat(40)}^${'27122010'.padEnd(80, '0')}?`, '4111 1111 1111 1111']) {
      for (let before = 0; before < 40; before++) {
        const shown = excerpt('a'.repeat(before) + `|${text}`.repeat(200), 50);
        expect(shown.length).toBeLessThanOrEqual(50);
        expect(shown.replaceAll(' ', '')).not.toMatch(/\d{7}/);
      }
    }
  });
});

it('lets no card number through, whatever stands around it', () => {
  const around = fc.string().map((text) => `${text} | `);
  const form = fc.constantFrom(VISA, AMEX, '4111 1111 1111 1111', `${VISA}D27122010000`, `%B${VISA}^X^27122010000?`, `5A08${VISA}`);
  fc.assert(
    fc.property(around, form, around, (before, card, after) => {
      const safe = withoutCardData(`${before}${card} |${after}`).replaceAll(' ', '');
      return !safe.includes(VISA) && !safe.includes(AMEX);
    }),
  );
});

it.each([
  ['digits', '4'],
  ['cards', `${VISA} `],
  ['almost tracks', '%B4111111111111111^'],
  ['chip fields', '5A08'],
])('takes a megabyte of %s without delay or overflow', (_, piece) => {
  const text = piece.repeat(Math.floor(1_000_000 / piece.length));
  const began = performance.now();
  withoutCardData(text);
  expect(performance.now() - began).toBeLessThan(5_000);
});

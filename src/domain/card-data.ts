import { maskPan } from './card.ts';

/** Track 2 as a stripe (`=`) or a chip (`D`) gives it: number, expiry YYMM, service code, the issuer's own digits. */
const TRACK_2 = /;?(?<!\d)(\d{13,})[D=]\d\d(?:0[1-9]|1[0-2])\d{3,}F?\??/gi;
/** Track 1: `%B`, number, `^`, name, `^`, expiry and the rest. */
const TRACK_1 = /%?B\d[\d ]{11,22}\^[^^?\r\n]{0,40}\^[^?\r\n]{0,80}\??/gi;
/** What stands behind a word that says it is a PIN, a PIN block or a verification value: `CVV2: 123`, `"pin":"…"`. */
const NAMED = /(?<![A-Za-z])(pin[ _-]?block|pin|cv[vc]2?)(\W{1,4})(?=[A-F]{0,32}\d)[\dA-F]{3,32}(?![\dA-Za-z])/gi;
/** Alone nothing tells a PIN block, or a triple-length one, from any other 16 or 32 hexadecimal digits in capitals. */
const PIN_BLOCK = /(?<![\dA-Za-z])(?=\d{0,31}[A-F])(?=[A-F]{0,31}\d)(?:[\dA-F]{16}){1,2}(?![\dA-Za-z])/g;
/** A hash may well have what looks like a card number in it, and is known by its length. */
const SHA_256 = /((?<![\da-zA-Z])[\da-f]{64}(?![\da-zA-Z]))/;
/** A blank or a dash as an address carries it. */
const CODED_GROUP = /(?<=\d)%(?:20|2D)(?=\d)/gi;
/** Hiding makes a text shorter, a track by the most; so much more is looked at than shown. */
const LOOKED_AT = 32;

/** The end of track 1 where something has cut off its beginning: a name of a file, an address. */
const TRACK_1_END = /\^\d\d(?:0[1-9]|1[0-2])\d{8}[^?\r\n]{0,80}\??/g;
/** EMV tag 5A, the number as it lies in a chip: one byte of length, two digits a byte, an F where they are odd. */
const TAG_5A = /(5A0([789A]))(\d{13,})/gi;

/**
 * A text without card data: what a track holds is hidden, and what is said to be a PIN block or CVV; of a card number
 * the first 6 and last 4 digits stay (PCI DSS 3.4.1). A number counts as a card's when it has 13 to 19 digits and passes
 * the Luhn check. Total, in linear time.
 */
export function withoutCardData(text: string): string {
  return text
    .split(SHA_256)
    .map((part, i) => (i % 2 === 1 ? part : hidden(part)))
    .join('');
}

/**
 * The beginning of a stranger's text, for people to read: without card data, and without what has the form of a PIN
 * block. For identifiers, which have that form too and must be told apart, there is `withoutCardData`. It is cut last:
 * half a card number would be recognised by nobody.
 * @param most characters of the result
 */
export function excerpt(text: string, most: number): string {
  return withoutCardData(text.slice(0, most * LOOKED_AT))
    .replaceAll(PIN_BLOCK, '[hidden]')
    .slice(0, most);
}

function hidden(text: string): string {
  return maskCards(
    text
      .replaceAll(CODED_GROUP, ' ')
      .replaceAll(TRACK_1, '[hidden]')
      .replaceAll(TRACK_1_END, '[hidden]')
      // Behind other digits (tag and length) nobody can say where the number begins, so nothing of the run may stay.
      .replaceAll(TRACK_2, (track: string, digits: string) => (endsInCard(digits) ? '[hidden]' : track))
      .replaceAll(TAG_5A, maskTag)
      .replaceAll(NAMED, '$1$2[hidden]'),
  );
}

/** Masks card numbers only, also in groups with blanks or dashes. A longer run of digits is a reference, not a card. */
export const maskCards = (text: string): string => text.replaceAll(/\d(?:[ -]?\d){12,}/g, maskRun);

function maskRun(run: string): string {
  const groups = [...run.matchAll(/\d+/g)].map((match) => ({ text: match[0], start: match.index, end: match.index + match[0].length }));
  let masked = '';
  let done = 0;
  for (const [i, { start }] of groups.entries()) {
    if (start < done) continue;
    let digits = '';
    for (const { text, end } of groups.slice(i, i + 19)) {
      digits += text;
      if (digits.length > 19) break;
      if (digits.length < 13 || !luhn(digits)) continue;
      masked += run.slice(done, start) + maskPan(digits);
      done = end;
      break;
    }
  }
  return masked + run.slice(done);
}

function maskTag(field: string, tag: string, bytes: string, digits: string): string {
  const pan = digits.slice(0, 2 * Number.parseInt(bytes, 16));
  return luhn(pan) ? `${tag}${maskPan(pan)}${digits.slice(pan.length)}` : field;
}

function endsInCard(digits: string): boolean {
  for (let length = 13; length <= Math.min(19, digits.length); length++) if (luhn(digits.slice(-length))) return true;
  return false;
}

/** The check of ISO/IEC 7812-1, annex B. All zeros would pass it and are no card. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum > 0 && sum % 10 === 0;
}

import { maskPan } from './card.ts';

/** Track 2 as a stripe (`=`) or a chip (`D`) gives it: number, expiry YYMM, service code, the issuer's own digits. */
const TRACK_2 = /;?(?<!\d)(\d{13,})[D=]\d\d(?:0[1-9]|1[0-2])\d{3,}F?\??/gi;
/** Track 1: `%B`, number, `^`, name, `^`, expiry and the rest. */
const TRACK_1 = /%?B\d[\d ]{11,22}\^[^^?\r\n]{0,40}\^[^?\r\n]{0,80}\??/gi;
/** EMV tag 5A, the number as it lies in a chip: one byte of length, two digits a byte, an F where they are odd. */
const TAG_5A = /(5A0([789A]))(\d{13,})/gi;

/**
 * A text without card data: what a track holds is hidden, of a card number the first 6 and last 4 digits stay (PCI DSS
 * 3.4.1). A number counts as a card's when it has 13 to 19 digits and passes the Luhn check. Total, in linear time.
 */
export function withoutCardData(text: string): string {
  return maskCards(
    text
      .replaceAll(TRACK_1, '[hidden]')
      // Behind other digits (tag and length) nobody can say where the number begins, so nothing of the run may stay.
      .replaceAll(TRACK_2, (track: string, digits: string) => (endsInCard(digits) ? '[hidden]' : track))
      .replaceAll(TAG_5A, maskTag),
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

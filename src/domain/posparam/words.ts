import { excerpt } from '../card-data.ts';
import type { JsonValue } from '../json.ts';

/** Text from a file as a problem may show it: cut, without card numbers and without what steers a terminal. */
export const shown = (text: string): string => excerpt(text, 80).replaceAll(/\p{C}/gu, '\u{fffd}');

/** Kind and length of a value, never its content: it may be a secret. */
function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'an empty text';
  if (typeof value === 'string') return value.length === 1 ? 'a text of 1 character' : `a text of ${value.length} characters`;
  if (typeof value === 'number') return 'a number';
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}

/**
 * What stands in a field that is no secret. A text longer than `quotable` is only described, and so is one with user
 * info, a query or a fragment: a secret may have got into the wrong field.
 */
export function foundIn(value: JsonValue | undefined, quotable: number): string {
  if (quotable > 0 && typeof value === 'number') return `the number ${shown(String(value))}`;
  if (typeof value !== 'string' || value === '' || value.length > quotable) return kindOf(value);
  const hiding = /[@?#]/.exec(value);
  return hiding ? `${kindOf(value)} with "${hiding[0]}" in it` : `"${shown(value)}"`;
}

import type * as v from 'valibot';
import { excerpt } from '../domain/card-data.ts';
import { isSecretName, redactText } from './redact.ts';

/** One thing that is wrong, at a place like `$.sale.products[0].priceMinor`. `found` never shows a secret. */
export interface FieldFault {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** The faults one below the other, for people. */
export const listed = (faults: readonly FieldFault[]): string =>
  faults.map(({ path, found, expected }) => `  ${path}: found ${found}, expected ${expected}`).join('\n');

/** The first fault of each place, in the order of the schema: a number that is too large is not also "not whole". */
export function fieldFaults(issues: readonly v.BaseIssue<unknown>[]): FieldFault[] {
  const faults = new Map<string, FieldFault>();
  for (const issue of issues) {
    const keys = (issue.path ?? []).map((item) => item.key);
    const path = `$${keys.map((key) => (typeof key === 'number' ? `[${key}]` : member(String(key)))).join('')}`;
    if (!faults.has(path)) faults.set(path, { path, found: found(issue, keys), expected: issue.message });
  }
  return [...faults.values()];
}

function member(key: string): string {
  const shown = excerpt(key, 64);
  return shown === key && /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(shown)}]`;
}

function found({ received, message, type, input }: v.BaseIssue<unknown>, keys: readonly unknown[]): string {
  // What these say was written here, and speaks of the place only.
  if (type === 'raw_transform' || type === 'raw_check' || type === 'never') return redactText(received);
  if (input === undefined) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return input === null ? 'null' : 'an object';
  // A text in the place of a whole section may be one of the secrets that belong into it.
  const hidden = keys.some((key) => isSecretName(String(key))) || (typeof input === 'string' && message.startsWith('an object'));
  return hidden ? `a ${typeof input} that is not shown` : redactText(JSON.stringify(input)).slice(0, 80);
}

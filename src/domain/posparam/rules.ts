import { withoutCardData } from '../card-data.ts';
import { portOf } from './endpoint.ts';
import { isDay } from './expiry.ts';
import type { Field, Findings, TextRule } from './findings.ts';
import type { PosparamForm } from './posparam.ts';

/** What brokers and the box's database take with ease, with the longest serial number (64 characters) behind the prefix. */
const MAX_TOPIC_BYTES = 200;
const MAX_PREFIX_BYTES = MAX_TOPIC_BYTES - '/'.length - 64;
const utf8 = new TextEncoder();

export const PORT: TextRule<number> = {
  expected: 'a text from "1" to "65535", in quotes and without leading zeros',
  quotable: 8,
  read: portOf,
};

export const USERNAME = loginText(256, 60);
export const PASSWORD = loginText(1_024, 0);

export const TOPIC_PREFIX: TextRule<string> = {
  expected: `a topic prefix of 1 to ${MAX_PREFIX_BYTES} bytes, without +, #, $ at its beginning, blanks or "//" at its ends`,
  quotable: 60,
  // What is in a topic or an address is told to others, and logged by them.
  read: (text) => {
    const prefix = text.replace(/\/$/, '');
    const good = prefix !== '' && withoutCardData(prefix) === prefix && !/^[\s$]|[\s/]$|[+#\p{Cc}\p{Cs}]/u.test(prefix);
    return good && utf8.encode(prefix).byteLength <= MAX_PREFIX_BYTES ? prefix : null;
  },
};

export const AUTH_TYPE: TextRule<'api_key'> = {
  expected: '"api_key"',
  quotable: 12,
  read: (text) => (text === 'api_key' ? text : null),
};

export const API_KEY: TextRule<string> = {
  expected: 'a text of 8 to 256 visible ASCII characters',
  quotable: 0,
  read: (text) => (/^[\x21-\x7e]{8,256}$/.test(text) ? text : null),
};

export const EXPIRY: TextRule<string> = {
  expected: 'a day of the calendar, YYYYMMDD',
  quotable: 12,
  read: (text) => (isDay(text) ? text : null),
};

/** 0 or 1, which the flat form writes as a text; null, and a problem, when it is neither. */
export function takeFlag(field: Field, form: PosparamForm, findings: Findings): boolean | null {
  const { value } = field;
  if (value === 0 || value === 1) return value === 1;
  if (form === 'flat' && (value === '0' || value === '1')) return value === '1';
  return findings.refuse(field, form === 'flat' ? '0 or 1' : '0 or 1, a number without quotes', 8);
}

function loginText(most: number, quotable: number): TextRule<string> {
  return {
    expected: `a text of 1 to ${most} characters without control characters`,
    quotable,
    read: (text) => (text !== '' && text.length <= most && !/[\p{Cc}\p{Cs}]/u.test(text) ? text : null),
  };
}

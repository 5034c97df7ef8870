import fs from 'node:fs';
import { join } from 'node:path';

const VISA = '4111111111111111';
const AMEX = '378282246310005';
/** What follows the expiry on the tracks of these samples, and the PIN block: they occur nowhere else. */
const DISCRETIONARY = '8642097531';
const PIN_BLOCK = '0412AC89ABCDEF67';
const REST = `2712201${DISCRETIONARY}`;

/** Card data as people and programs write it into texts that are none of its places. */
export const PLANTED_TEXTS: Readonly<Record<string, string>> = {
  visa: `card ${VISA} ok`,
  blanks: '4111 1111 1111 1111',
  dashes: 'no.4111-1111-1111-1111',
  amex: AMEX,
  'amex-groups': '3782 822463 10005',
  chip: `${VISA}D${REST}F`,
  stripe: `;${VISA}=${REST}?`,
  'track-1': `%B${VISA}^DOE/JO^${REST}?`,
  'tag-57': `5713${VISA}D${REST}F5F3401`,
  'pin-block': `PIN block ${PIN_BLOCK}`,
  'pin-alone': PIN_BLOCK,
  cvv: 'CVV2: 7391',
};

/**
 * The same in the alphabet of identifiers. A PIN block alone is not among them: there 16 hexadecimal digits are the
 * most usual identifier, and must be told apart.
 */
export const PLANTED_IDS: Readonly<Record<string, string>> = {
  visa: VISA,
  within: `no-${VISA}.1`,
  dashes: '4111-1111-1111-1111',
  amex: AMEX,
  chip: `${VISA}D${REST}`,
  'pin-block': `PIN-block:${PIN_BLOCK}`,
  cvv: 'CVV:7391',
};

/** What must be nowhere, by name. Twelve digits are looked for from both ends: a number that was cut is none the better for it. */
const SECRETS: Readonly<Record<string, string>> = {
  'VISA from the left': VISA.slice(0, 12),
  'VISA from the right': `1111${VISA.slice(-8)}`,
  'AMEX from the left': AMEX.slice(0, 12),
  'AMEX from the right': AMEX.slice(-12),
  'track, discretionary data': DISCRETIONARY,
  'PIN block': PIN_BLOCK,
  // What the simulated reader hands over: its cards' tracks, and the cryptogram of its chip.
  'track of the reader': '1111D2',
  'track of the reader, end': '1220100000000',
  'EMV data of the reader': 'A1B2C3D4E5F6A7B8',
};
const CVV = /cv[vc]2?\W{0,4}7391/i;

interface Form {
  readonly name: string;
  readonly needle: string;
}

/** Every form a secret is looked for in; base64 in each of the three places it may begin. */
const FORMS: readonly Form[] = Object.entries(SECRETS).flatMap(([name, text]) => [
  { name, needle: text.toLowerCase() },
  { name: `${name} (reversed)`, needle: [...text.toLowerCase()].reverse().join('') },
  { name: `${name} (UTF-16)`, needle: [...text.toLowerCase()].join('\0') },
  { name: `${name} (hexadecimal)`, needle: Buffer.from(text).toString('hex') },
]);
const BASE64: readonly Form[] = Object.entries(SECRETS).flatMap(([name, text]) =>
  [0, 1, 2].flatMap((before) => {
    const coded = Buffer.from(' '.repeat(before) + text).toString('base64');
    const whole = coded.slice(before === 0 ? 0 : 4, Math.floor((before + text.length) / 3) * 4);
    return whole.length < 12 ? [] : [{ name: `${name} (base64)`, needle: whole }];
  }),
);
const BINARY = { name: 'PIN block (binary)', needle: Buffer.from(PIN_BLOCK, 'hex').toString('latin1') };

/** Card data in some bytes, one line each: what, where, and what stands around it. */
export function cardLeaks(where: string, content: string | Uint8Array): string[] {
  const text = Buffer.from(content as string).toString('latin1');
  const lower = text.toLowerCase();
  // Digits in groups, as printed on cards and as they travel in addresses.
  const joined = lower.replaceAll(/(?<=\d)(?:%20|%2d|[ +\-\xa0])(?=\d)/g, '');
  const found = new Map<string, string>();
  const look = (hay: string, { name, needle }: Form) => {
    const at = hay.indexOf(needle);
    if (at >= 0 && !found.has(name)) found.set(name, hay.slice(Math.max(0, at - 60), at + needle.length + 20));
  };
  for (const form of FORMS) {
    look(lower, form);
    look(joined, form);
  }
  for (const form of [...BASE64, BINARY]) look(text, form);
  const cvv = CVV.exec(text);
  if (cvv) found.set('CVV', text.slice(Math.max(0, cvv.index - 60), cvv.index + 20));
  return [...found].map(([name, around]) => `${where}: ${name} in ${JSON.stringify(around)}`);
}

/** The same for a folder: names and bytes of every file below it. */
export function cardLeaksBelow(folder: string): string[] {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap(({ parentPath, name }) => {
    const file = join(parentPath, name);
    const within = file.slice(folder.length + 1);
    return [...cardLeaks(`name of ${within}`, within), ...cardLeaks(within, fs.readFileSync(file))];
  });
}

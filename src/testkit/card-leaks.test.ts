import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cardLeaks, cardLeaksBelow, PLANTED_IDS, PLANTED_TEXTS } from './card-leaks.ts';

/** So that a search that finds nothing says something. */
it.each(Object.entries({ ...PLANTED_TEXTS, ...PLANTED_IDS }))('finds what is planted: %s', (_, text) => {
  const forms: Readonly<Record<string, (text: string) => string | Uint8Array>> = {
    plain: (plain) => `before ${plain} after`,
    address: (plain) => `/v1/${encodeURIComponent(plain)}`,
    upper: (plain) => plain.toUpperCase(),
    hexadecimal: (plain) => Buffer.from(plain).toString('hex').toUpperCase(),
    base64: (plain) => Buffer.from(`x${plain}`).toString('base64'),
    'UTF-16': (plain) => Buffer.from(plain, 'utf16le'),
    reversed: (plain) => [...plain].reverse().join(''),
    'among bytes': (plain) => Buffer.concat([Buffer.alloc(4_096, 0xff), Buffer.from(plain), Buffer.alloc(10)]),
  };
  // Groups and CVVs are looked for as text only.
  const always = /CVV|\d[ -]\d/.test(text) ? ['plain', 'among bytes'] : Object.keys(forms);
  for (const name of always) expect([name, cardLeaks('here', forms[name]?.(text) ?? '').length > 0]).toEqual([name, true]);
});

it('finds it in files and in their names, however deep', () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'card-leaks-'));
  try {
    fs.mkdirSync(join(folder, 'a/b'), { recursive: true });
    fs.writeFileSync(join(folder, 'a/b/4111111111111111.txt'), '411111******1111');
    fs.writeFileSync(join(folder, 'a/c.db'), Buffer.from('0412AC89ABCDEF67', 'hex'));
    expect(cardLeaksBelow(folder).map((leak) => leak.split(' in ')[0])).toEqual(
      expect.arrayContaining(['a/c.db: PIN block (binary)', 'name of a/b/4111111111111111.txt: VISA from the left']),
    );
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

it.each(['411111******1111', '378282*****0005', '[hidden]', '20251215-000001-000001', 'cvv 1234', '1111D1'])('lets %s be', (text) =>
  expect(cardLeaks('here', text)).toEqual([]),
);

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { procRadio, strongest } from './radio.ts';

const HEAD = `Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
`;
const WLAN0 = ' wlan0: 0000   54.  -56.  -256        0      0      0      0     27        0\n';
const WLAN1 = '  wlx1: 0000   30.  -80   -256        0      0      0      0      0        0\n';

test.each([
  ['one interface', HEAD + WLAN0, -56],
  ['two interfaces', HEAD + WLAN1 + WLAN0, -56],
  ['none', HEAD, null],
  ['an interface that is not associated', `${HEAD} wlan0: 0000    0     0     0        0      0      0      0      0        0\n`, null],
  ['a level in percent', `${HEAD} wlan0: 0000   54.  70.  0        0      0      0      0     27        0\n`, null],
  ['something else', 'no such table', null],
  ['nothing', '', null],
])('%s', (_, text, rssi) => expect(strongest(text)).toBe(rssi));

test('reads the file of the kernel, and takes a missing one for a wired box', () => {
  const root = mkdtempSync(join(tmpdir(), 'tilld-radio-'));
  try {
    expect(procRadio(root).rssiDbm()).toBeNull();
    mkdirSync(join(root, 'proc/net'), { recursive: true });
    writeFileSync(join(root, 'proc/net/wireless'), HEAD + WLAN0);
    expect(procRadio(root).rssiDbm()).toBe(-56);
  } finally {
    rmSync(root, { recursive: true });
  }
});

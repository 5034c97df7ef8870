import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { machineIdentity } from './machine.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tilld-machine-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** An interface as the kernel shows it; `device` and `phy80211` are folders there too. */
function plug(name: string, address: string, ...with_: string[]): void {
  put({ [`sys/class/net/${name}/address`]: `${address}\n` });
  for (const folder of with_) mkdirSync(join(root, 'sys/class/net', name, folder), { recursive: true });
}

test('a board says who it is', () => {
  put({ 'proc/device-tree/serial-number': '10000000a1b2c3d4\0', 'proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.4\0' });
  plug('lo', '00:00:00:00:00:00');
  plug('wlan0', 'dc:a6:32:00:00:02', 'device', 'phy80211');
  plug('eth0', 'dc:a6:32:00:00:01', 'device');
  plug('br0', 'dc:a6:32:00:00:03');
  expect(machineIdentity(root)).toEqual({
    serial: '10000000a1b2c3d4',
    mac: 'DC:A6:32:00:00:01',
    model: 'Raspberry Pi 4 Model B Rev 1.4',
  });
});

test('a board without a cable goes by its radio', () => {
  plug('wlan0', 'dc:a6:32:00:00:02', 'device', 'phy80211');
  expect(machineIdentity(root).mac).toBe('DC:A6:32:00:00:02');
});

test('an interface without an address is passed over', () => {
  plug('can0', '', 'device');
  plug('eth0', '00:00:00:00:00:00', 'device');
  plug('eth1', '02:00:00:00:00:09', 'device');
  expect(machineIdentity(root).mac).toBe('02:00:00:00:00:09');
});

test('a machine that says nothing of itself is taken for none', () => {
  put({ 'proc/device-tree/serial-number': '\0', 'proc/device-tree/model': `${'x'.repeat(65)}\0` });
  expect(machineIdentity(root)).toEqual({ serial: null, mac: null, model: null });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a machine says of itself; null where it does not. */
export interface MachineIdentity {
  /** Serial number of the processor, as the boot firmware writes it into the device tree. */
  readonly serial: string | null;
  /** Of the wired interface, else of the wireless one: six bytes in upper case, with colons. */
  readonly mac: string | null;
  /** Such as `Raspberry Pi 4 Model B Rev 1.4`. */
  readonly model: string | null;
}

/** Reads them from the kernel's device tree and /sys/class/net; `root` stands for `/`. */
export function machineIdentity(root = '/'): MachineIdentity {
  return {
    serial: property(root, 'serial-number', /^[\w.:-]{1,64}$/),
    mac: address(root),
    model: property(root, 'model', /^[ -~]{1,64}$/),
  };
}

/** Texts of a device tree end in a NUL byte. */
function property(root: string, name: string, form: RegExp): string | null {
  const text = contents(join(root, 'proc/device-tree', name))
    ?.replace(/\0+$/, '')
    .trim();
  return text !== undefined && form.test(text) ? text : null;
}

/** Bridges, tunnels and the loopback have no device behind them; their addresses come and go. */
function address(root: string): string | null {
  const folder = join(root, 'sys/class/net');
  const real = names(folder).filter((name) => existsSync(join(folder, name, 'device')));
  const wireless = (name: string) => Number(existsSync(join(folder, name, 'phy80211')));
  const ordered = real.sort((a, b) => wireless(a) - wireless(b) || (a < b ? -1 : 1));
  for (const name of ordered) {
    const mac =
      contents(join(folder, name, 'address'))
        ?.trim()
        .toUpperCase() ?? '';
    if (/^[0-9A-F]{2}(?::[0-9A-F]{2}){5}$/.test(mac) && mac !== '00:00:00:00:00:00') return mac;
  }
  return null;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A kernel without networking: there is no address, and nothing is wrong.
    return [];
  }
}

function contents(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not every machine has a device tree, and an interface may go while it is looked at.
    return undefined;
  }
}

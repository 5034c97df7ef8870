import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What callers of the box's API in the guest have to say. */
const TOKEN = 'a-token-for-this-test-only';
export const SERIAL_NUMBER = '10000000a1b2c3d4';
export const RELAY_MS = 1_500;
export const PRINTER_DOTS = 384;

const CHIP = '9030000.pl061';
const BOARD = {
  name: 'emulated',
  title: 'Emulated arm64 machine',
  hardware: 'libgpiod',
  inputs: { coin: { chip: CHIP, line: 'COIN', idle: 'high' } },
  outputs: {
    relay: { chip: CHIP, line: 'RELAY', active: 'high' },
    'coin-inhibit': { chip: CHIP, line: 'INHIBIT', active: 'high' },
  },
  acceptors: [
    {
      name: 'coin',
      method: 'coin',
      kind: 'pulse',
      input: 'coin',
      inhibit: 'coin-inhibit',
      profile: 'ch-926',
      denominations: { '1': 100, '2': 200, '5': 500, '10': 1_000 },
    },
  ],
  delivery: { output: 'relay' },
  buttons: {},
  display: { width: 800, height: 480 },
};
/** The pins, and what is on the serial ports. */
const SERIAL_BOARD = {
  ...BOARD,
  acceptors: [
    ...BOARD.acceptors,
    { name: 'coins', method: 'coin', kind: 'cctalk', device: '/dev/ttyS1', denominations: { '1': 100, '3': 500 } },
    { name: 'bills', method: 'bill', kind: 'cctalk', device: '/dev/ttyS1', denominations: { '1': 2_000 } },
    { name: 'notes', method: 'bill', kind: 'ict', device: '/dev/ttyS2', denominations: { '2': 5_000 } },
  ],
};
const CONFIG = {
  device: { model: 'emulated' },
  board: 'board.json',
  protocol: 'promptpay',
  // Nobody listens there: everything here is done without a network.
  promptpay: { http: { url: 'http://10.0.2.2:9' }, mqtt: { url: 'mqtt://10.0.2.2:9' } },
  sale: { currency: 'THB', drive: { mode: 'hold', holdMs: RELAY_MS } },
  pairing: { auto: false },
  display: { driver: 'framebuffer', device: 'fb0' },
  printer: { driver: 'escpos', connection: { kind: 'serial', path: '/dev/ttyS0', baud: 115_200 }, dots: PRINTER_DOTS },
  api: { host: '0.0.0.0', port: 7070, token: TOKEN },
};
/** Stands for systemd: hands the watchdog's food on to the kernel's own. */
const NOTIFY = `#!/usr/bin/busybox sh
case "$*" in *WATCHDOG=1*) echo fed > /run/food ;; esac
`;

/** The folder the guest sees: the executable, and a configuration and a board without and with acceptors on serial ports. */
export function guestShare(executable: string): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-guest-'));
  cpSync(executable, join(folder, 'tilld'));
  writeFileSync(join(folder, 'board.json'), JSON.stringify(BOARD));
  writeFileSync(join(folder, 'box.json'), JSON.stringify(CONFIG));
  writeFileSync(join(folder, 'serial-board.json'), JSON.stringify(SERIAL_BOARD));
  writeFileSync(join(folder, 'serial-box.json'), JSON.stringify({ ...CONFIG, board: 'serial-board.json' }));
  writeFileSync(join(folder, 'systemd-notify'), NOTIFY, { mode: 0o755 });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The local API of the box in the guest. */
export class GuestApi {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async text(path: string): Promise<string> {
    return (await this.#ask(path)).text();
  }

  async json<T>(path: string, body?: object): Promise<T> {
    return (await this.#ask(path, body)).json() as Promise<T>;
  }

  async #ask(path: string, body?: object): Promise<Response> {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
    const reply = await fetch(`http://127.0.0.1:${this.#port}${path}`, { ...init, signal: AbortSignal.timeout(20_000) });
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return reply;
  }
}

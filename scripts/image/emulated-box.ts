import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { GuestApi } from '../kernel/guest-box.ts';
import { LineReader } from '../kernel/line-reader.ts';
import { freePort } from '../kernel/virtual-machine.ts';
import { KERNEL_ARGUMENTS } from './boot-texts.ts';
import { BOOT } from './layout.ts';
import { run } from './programs.ts';

const QEMU = 'qemu-system-aarch64';
/** Bigger than the image, as a card is. */
const CARD_BYTES = 2 * 1024 ** 3;
/** What is not told to a person at the screen: what every service says. Nor is an emulated machine as quick as a card. */
const TALKATIVE = 'systemd.journald.forward_to_console=1 systemd.show_status=0 systemd.default_device_timeout_sec=900 panic=-1';

const MACHINES = {
  virt: {
    console: 'console=ttyAMA0',
    args: ['-M', 'virt', '-cpu', 'cortex-a72', '-smp', '2', '-m', '1024', '-serial', 'stdio'],
    drive: (file: string) => ['-drive', `file=${file},if=virtio,format=raw,cache=writethrough`],
    network: 'virtio-net-pci,netdev=net,romfile=',
    tree: null,
  },
  raspi3b: {
    // The emulator's watchdog bites as soon as it is set.
    console: 'console=ttyS1,115200 systemd.watchdog_sec=0',
    args: ['-M', 'raspi3b', '-serial', 'null', '-serial', 'stdio'],
    drive: (file: string) => ['-drive', `file=${file},if=sd,format=raw,cache=writethrough`],
    network: 'usb-net,netdev=net',
    tree: 'bcm2837-rpi-3-b.dtb',
  },
} as const;

/** A card somebody has written the image to, and copied a tilld.json onto. */
export class EmulatedCard {
  readonly file: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, 'card.img');
  }

  static written(image: string, folder: string): EmulatedCard {
    const card = new EmulatedCard(folder);
    copyFileSync(image, card.file);
    truncateSync(card.file, CARD_BYTES);
    return card;
  }

  async names(): Promise<string[]> {
    return (await this.#mtools('mdir', ['-b', '::'])).split('\n').flatMap((line) => (line === '' ? [] : [line.replace('::/', '')]));
  }

  read(name: string): Promise<string> {
    return this.#mtools('mtype', [`::${name}`]);
  }

  async put(from: string, name: string): Promise<void> {
    await this.#mtools('mcopy', [from, `::${name}`]);
  }

  /** Copies a file of the boot partition out, for what stands for the board's firmware. */
  async take(name: string): Promise<string> {
    const to = join(this.#folder, name);
    await this.#mtools('mcopy', ['-n', '-o', `::${name}`, to]);
    return to;
  }

  #mtools(program: 'mdir' | 'mtype' | 'mcopy', args: readonly string[]): Promise<string> {
    return run(program, ['-i', `${this.file}@@${BOOT.startMiB}M`, ...args], { env: { MTOOLS_SKIP_CHECK: '1' } });
  }
}

/** A whole machine that has started from a card. The board's firmware is left out: its part is done by the emulator. */
export class EmulatedBox {
  readonly console: LineReader;
  readonly api: GuestApi;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, apiPort: number) {
    if (!process.stdout) throw new TypeError('the console is not piped');
    this.#process = process;
    this.console = new LineReader(process.stdout);
    this.api = new GuestApi(apiPort);
  }

  static async start(card: EmulatedCard, machine: keyof typeof MACHINES): Promise<EmulatedBox> {
    const { args, console, drive, network, tree } = MACHINES[machine];
    const apiPort = await freePort();
    const child = spawn(
      QEMU,
      [
        ...[...args, '-accel', 'tcg', '-display', 'none', '-monitor', 'none', '-no-reboot'],
        ...['-kernel', await card.take('vmlinuz'), '-initrd', await card.take('initrd.img')],
        ...(tree === null ? ['-nodefaults'] : ['-dtb', await card.take(tree)]),
        ...['-append', `${console} ${KERNEL_ARGUMENTS.replace(/ (?:quiet|loglevel=\d|panic=\d+)/g, '')} ${TALKATIVE}`, ...drive(card.file)],
        ...['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${apiPort}-:7070`, '-device', network],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    return new EmulatedBox(child, apiPort);
  }

  /** Resolves when systemd has heard from tilld that it is ready. */
  async ready(withinMs: number): Promise<void> {
    await this.console.next(/Started .*tilld\.service/, withinMs);
  }

  /** Pulls the plug. What the card has been told to keep is on it; nothing else is. */
  async cut(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}

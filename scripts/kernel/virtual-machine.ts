import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programMissing } from '../debian/fault.ts';
import { runProgram } from '../debian/run-program.ts';
import type { GuestImage } from './guest-image.ts';
import { LineReader } from './line-reader.ts';

const QEMU = 'qemu-system-aarch64';
const QEMU_PACKAGE = 'qemu-system-arm';
/** QEMU's `virt` machine has eight pins, on this controller. */
const PINS = 'pl061@9030000';
/** The names the box's board file gives them; pins 0 to 4 are the machine's own. */
const PIN_NAMES = ['COIN', 'RELAY', 'INHIBIT'] as const;
const FIRST_PIN = 5;
type PinName = (typeof PIN_NAMES)[number];
/** Its serial ports, from /dev/ttyS0 on; behind each is a socket of this machine. */
const SERIAL_PORTS = 4;
const BOOT_MS = 60_000;

export interface Bitmap {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel: red, green, blue. */
  readonly rgb: Uint8Array;
}

export interface VirtualMachineOptions {
  readonly image: GuestImage;
  /** Folder of this machine that the guest sees, read-only, at /mnt. */
  readonly share: string;
  readonly serialNumber: string;
}

/**
 * A whole arm64 machine with a real Linux kernel, emulated: its pins are driven and watched from outside, its screen
 * is read, its serial ports have an other end here, its port 7070 can be reached, and a shell in it takes commands.
 */
export class VirtualMachine {
  readonly console: LineReader;
  /** Every change of an output pin, as `IRQ raise 6`. */
  readonly pins: LineReader;
  readonly apiPort: number;
  /** The other ends of /dev/ttyS0, /dev/ttyS1, … */
  readonly serialPorts: readonly Socket[];
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #qtest: Socket;
  readonly #monitor: Socket;
  readonly #shell: Socket;
  readonly #shellLines: LineReader;
  readonly #monitorLines: LineReader;
  #commands = 0;

  private constructor(folder: string, process: ChildProcess, apiPort: number, sockets: Sockets) {
    if (!process.stdout) throw new TypeError('the console is not piped');
    this.#folder = folder;
    this.#process = process;
    this.apiPort = apiPort;
    this.console = new LineReader(process.stdout);
    this.#qtest = sockets.qtest;
    this.#monitor = sockets.monitor;
    this.#shell = sockets.shell;
    this.serialPorts = sockets.serial;
    this.pins = new LineReader(sockets.qtest);
    this.#monitorLines = new LineReader(sockets.monitor);
    this.#shellLines = new LineReader(sockets.shell);
  }

  /** Boots it; resolves when its shell answers. @throws DeviceFault `program-missing` */
  static async boot({ image, share, serialNumber }: VirtualMachineOptions): Promise<VirtualMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'tilld-machine-'));
    const tree = join(folder, 'tree.dtb');
    await describeHardware(tree, serialNumber);
    const apiPort = await freePort();
    const path = (name: string) => join(folder, name);
    const socket = (name: string) => `unix:${path(name)},server=on,wait=off`;
    const serial = Array.from({ length: SERIAL_PORTS }, (_, i) => `port${i}`);
    const child = spawn(
      QEMU,
      [
        ...[
          '-M',
          'virt',
          '-cpu',
          'cortex-a72',
          '-smp',
          '1',
          '-m',
          '1024',
          '-accel',
          'tcg',
          '-nodefaults',
          '-display',
          'none',
          '-no-reboot',
        ],
        ...['-kernel', image.kernel, '-initrd', image.ramdisk, '-dtb', tree],
        ...['-append', 'console=ttyAMA0 quiet panic=-1 vt.global_cursor_default=0', '-serial', 'stdio'],
        ...['-device', 'virtio-gpu-pci,romfile=,xres=800,yres=480'],
        ...['-netdev', `user,id=net,restrict=off,hostfwd=tcp:127.0.0.1:${apiPort}-:7070`, '-device', 'virtio-net-pci,netdev=net,romfile='],
        ...['-virtfs', `local,path=${share},mount_tag=share,security_model=none,readonly=on`],
        ...[
          '-device',
          'virtio-serial-pci',
          '-chardev',
          `socket,id=shell,path=${path('shell')},server=on,wait=off`,
          '-device',
          'virtconsole,chardev=shell',
        ],
        ...serial.flatMap((name) => ['-chardev', `socket,id=${name},path=${path(name)},server=on,wait=off`]),
        ...['-device', `pci-serial-4x,${serial.map((name, i) => `chardev${i + 1}=${name}`).join(',')}`],
        ...['-qtest', socket('qtest'), '-qtest-log', '/dev/null', '-qmp', socket('monitor')],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const failed = once(child, 'error').then(([error]) =>
      Promise.reject((error as NodeJS.ErrnoException).code === 'ENOENT' ? programMissing(QEMU, QEMU_PACKAGE) : error),
    );
    const all = Promise.all(['qtest', 'monitor', 'shell', ...serial].map((name) => dialled(path(name))));
    const [qtest, monitor, shell, ...ports] = (await Promise.race([all, failed])) as [Socket, Socket, Socket, ...Socket[]];
    const machine = new VirtualMachine(folder, child, apiPort, { qtest, monitor, shell, serial: ports });
    await machine.#watchPins();
    await machine.#shellLines.next(/^READY$/, BOOT_MS);
    return machine;
  }

  /** Sets the level an input pin sees. */
  async drive(pin: PinName, level: 'high' | 'low'): Promise<void> {
    await this.#tell(`set_irq_in ${this.#controller} unnamed-gpio-in ${numberOf(pin)} ${level === 'high' ? 1 : 0}`);
  }

  /** Resolves when an output pin goes to a level, from the change with this number on; tells the number of the next one. */
  async pinGoes(pin: PinName, level: 'high' | 'low', from: number, withinMs: number): Promise<number> {
    const pattern = new RegExp(`^IRQ ${level === 'high' ? 'raise' : 'lower'} ${numberOf(pin)}$`);
    return (await this.pins.next(pattern, withinMs, from)).at + 1;
  }

  /** Runs a shell command of one line in the guest and returns what it printed. */
  async run(command: string, withinMs = 30_000): Promise<{ readonly code: number; readonly printed: string }> {
    const number = ++this.#commands;
    const from = this.#shellLines.lines.length;
    this.#shell.write(`${command}; echo "ENDED ${number} $?"\n`);
    const { line, at } = await this.#shellLines.next(new RegExp(`ENDED ${number} \\d+$`), withinMs, from);
    const before = line.slice(0, line.indexOf(`ENDED ${number} `));
    const printed = [...this.#shellLines.lines.slice(from, at), ...(before === '' ? [] : [before])].join('\n');
    return { code: Number(line.split(' ').at(-1)), printed };
  }

  /** What its screen shows. */
  async screenshot(): Promise<Bitmap> {
    const file = join(this.#folder, 'screen.ppm');
    await this.#ask('screendump', { filename: file });
    return bitmapOf(readFileSync(file));
  }

  /** Resolves when the machine has ended by itself. */
  async ended(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
  }

  /** Pulls the plug. */
  async end(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended();
    for (const socket of [this.#qtest, this.#monitor, this.#shell, ...this.serialPorts]) socket.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #controller = '';

  async #watchPins(): Promise<void> {
    await this.#ask('qmp_capabilities', {});
    const { return: tree } = await this.#ask('human-monitor-command', { 'command-line': 'info qom-tree' });
    const device = /\/(device\[\d+\]) \(pl061\)/.exec(String(tree))?.[1];
    if (device === undefined) throw new Error('The emulated machine has no pins');
    this.#controller = `/machine/unattached/${device}`;
    await this.#tell(`irq_intercept_out ${this.#controller}`);
  }

  async #tell(command: string): Promise<void> {
    const from = this.pins.lines.length;
    this.#qtest.write(`${command}\n`);
    const { line } = await this.pins.next(/^(?:OK|FAIL)/, 10_000, from);
    if (!line.startsWith('OK')) throw new Error(`${command}: ${line}`);
  }

  async #ask(execute: string, args: object): Promise<{ readonly return: unknown }> {
    const from = this.#monitorLines.lines.length;
    this.#monitor.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    const { line } = await this.#monitorLines.next(/^\{"(?:return|error)"/, 10_000, from);
    const reply = JSON.parse(line) as { return: unknown; error?: { desc: string } };
    if (reply.error) throw new Error(`${execute}: ${reply.error.desc}`);
    return reply;
  }
}

type Sockets = Record<'qtest' | 'monitor' | 'shell', Socket> & { readonly serial: readonly Socket[] };

const numberOf = (pin: PinName): number => FIRST_PIN + PIN_NAMES.indexOf(pin);

/** The machine's own description of its hardware, with names for its pins and a serial number, as a board's firmware gives them. */
async function describeHardware(tree: string, serialNumber: string): Promise<void> {
  const described = ['-M', `virt,dumpdtb=${tree}`, '-cpu', 'cortex-a72', '-smp', '1', '-m', '1024', '-nodefaults', '-display', 'none'];
  await runProgram(QEMU, described, { from: QEMU_PACKAGE });
  const put = (...args: string[]) => runProgram('fdtput', ['-t', 's', tree, ...args], { from: 'device-tree-compiler' });
  await put(`/${PINS}`, 'gpio-line-names', ...Array<string>(FIRST_PIN).fill(''), ...PIN_NAMES);
  await put('/', 'serial-number', serialNumber);
}

/** A connection to a socket as soon as it is there. */
async function dialled(path: string): Promise<Socket> {
  for (;;) {
    if (existsSync(path)) {
      const socket = connect(path);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      if (await promise) return socket;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = watch(join(path, '..'), () => resolve());
    const timer = setTimeout(resolve, 100);
    await promise;
    clearTimeout(timer);
    watcher.close();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Reads a binary PPM. */
function bitmapOf(file: Uint8Array): Bitmap {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(Buffer.from(file.subarray(0, 64)).toString('latin1'));
  if (!header) throw new Error('The screenshot is no PPM');
  return { width: Number(header[1]), height: Number(header[2]), rgb: file.subarray(header[0].length) };
}

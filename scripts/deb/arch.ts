import { closeSync, openSync, readSync } from 'node:fs';
import { ConfigurationFault } from '../../src/domain/fault.ts';
import { wrongUsage } from '../build/command-line.ts';
import type { Target } from '../executable/target.ts';

/** Debian's name of an architecture, the executable that goes into its package, and the machine in that one's ELF header. */
const ARCHS = {
  arm64: { target: 'linux-arm64', machine: 0xb7 },
  amd64: { target: 'linux-x64', machine: 0x3e },
} as const satisfies Record<string, { target: Target; machine: number }>;

export type Arch = keyof typeof ARCHS;
export const ARCH_NAMES = Object.keys(ARCHS) as Arch[];

/** @throws CallerFault `usage` */
export function archNamed(name: unknown): Arch {
  const arch = ARCH_NAMES.find((one) => one === name);
  if (arch) return arch;
  throw wrongUsage('--arch is not usable', name === undefined ? 'nothing' : JSON.stringify(name), ARCH_NAMES.join(' or '));
}

export const targetOf = (arch: Arch): Target => ARCHS[arch].target;

/** Of an ELF file: its magic number, class and byte order, and the machine at 18 (https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html). */
const HEADER_BYTES = 20;

/** @throws ConfigurationFault `executable-differs` when a file is no 64-bit ELF program of the architecture */
export function requireExecutableOf(arch: Arch, file: string): void {
  const header = headOf(file);
  const elf = header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1;
  const machine = header.readUInt16LE(18);
  if (elf && machine === ARCHS[arch].machine) return;
  const other = ARCH_NAMES.find((name) => ARCHS[name].machine === machine);
  throw new ConfigurationFault(`${file} does not run on ${arch}`, {
    code: 'executable-differs',
    found: elf ? `a program for ${other ?? `machine ${machine}`}` : 'no 64-bit ELF program',
    expected: `a program for ${arch}`,
    remedy: `Build it with \`npm run executable -- --target ${targetOf(arch)}\`.`,
  });
}

function headOf(file: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, header, 0, HEADER_BYTES, 0);
    return header;
  } finally {
    closeSync(fd);
  }
}

import { arch, platform } from 'node:process';
import { wrongUsage } from '../build/command-line.ts';

/** What an executable can be built for. */
export const TARGETS = ['linux-x64', 'linux-arm64'] as const;
export type Target = (typeof TARGETS)[number];

/** @throws CallerFault `usage` */
export function targetNamed(name: unknown): Target {
  const target = TARGETS.find((one) => one === name);
  if (target) return target;
  throw wrongUsage('--target is not usable', name === undefined ? 'nothing' : JSON.stringify(name), TARGETS.join(' or '));
}

/** What this machine is. */
export const HOST = `${platform}-${arch}`;

/** The program that takes symbols out of the target's programs, and the Debian package that brings it. */
export function stripFor(target: Target): { readonly program: string; readonly from: string } {
  if (target === HOST) return { program: 'strip', from: 'binutils' };
  return target === 'linux-arm64'
    ? { program: 'aarch64-linux-gnu-strip', from: 'binutils-aarch64-linux-gnu' }
    : { program: 'x86_64-linux-gnu-strip', from: 'binutils-x86-64-linux-gnu' };
}

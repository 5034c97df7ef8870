import { DeviceFault } from '../../src/domain/fault.ts';

/** This machine lacks a program; names the Debian package that brings it. */
export const programMissing = (program: string, debianPackage: string): DeviceFault =>
  new DeviceFault(`The program ${program} is not there`, {
    code: 'program-missing',
    found: 'no such program',
    expected: `${program} in the PATH`,
    remedy: `apt-get install ${debianPackage}`,
  });

/** A program that was started ended otherwise than it should. */
export const programFailed = (program: string, code: number | null, said: string): DeviceFault =>
  new DeviceFault(`${program} failed`, {
    code: 'program-failed',
    found: `exit code ${code ?? 'none'}: ${said.trim().slice(-2_000) || 'no words'}`,
    expected: 'exit code 0',
  });

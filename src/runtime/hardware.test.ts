import { describe, expect, it } from 'vitest';
import type { BoardPulseAcceptor } from '../domain/board.ts';
import { kernelDebounceMs } from './hardware.ts';

const acceptor = (profile: string): BoardPulseAcceptor => ({
  name: profile,
  method: 'coin',
  kind: 'pulse',
  input: 'in',
  profile,
  denominations: {},
});

describe("the kernel's own debouncing", () => {
  it.each([
    [[], 5],
    [['ict-u70-fast'], 5],
    [['ict-u70-fast', 'ch-926'], 3],
    [['no-such-profile'], 0],
  ] as const)('of a board with %j is %i ms', (profiles, wanted) => {
    expect(kernelDebounceMs({ acceptors: profiles.map(acceptor) })).toBe(wanted);
  });
});

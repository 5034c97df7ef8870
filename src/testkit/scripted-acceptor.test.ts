import { expect } from 'vitest';
import { acceptorContract } from './acceptor-contract.ts';
import { settle } from './clock.ts';
import { ScriptedAcceptor } from './scripted-acceptor.ts';

acceptorContract('the scripted acceptor', async (inhibits) => {
  const acceptor = new ScriptedAcceptor('coin', 'coin');
  return {
    acceptor,
    insert: async (piece) => {
      if (piece !== 3) acceptor.insert(piece * 100);
      else acceptor.emit({ kind: 'unassigned', train: 'coin-of-no-value', pulses: piece, widthsMs: [] });
    },
    settle,
    noise: async () => acceptor.emit({ kind: 'rejected', reason: 'noise' }),
    inhibited: () => !acceptor.enabled,
    finish: () => expect(!acceptor.enabled).toBe(inhibits.at(-1)),
  };
});

import { describe, expect, it } from 'vitest';
import { type Health, readiness } from './readiness.ts';

const healthy: Health = {
  ledger: null,
  output: null,
  paired: true,
  requirePairing: false,
  offersQr: true,
  takesCards: false,
  hasTerminal: false,
  updating: false,
  acceptors: 2,
  faultyAcceptors: [],
};

describe('the readiness gate', () => {
  it.each<[string, Partial<Health>, boolean, boolean]>([
    ['all is well', {}, true, true],
    ['the ledger cannot be written', { ledger: 'disk-full' }, false, false],
    ['the output is faulty', { output: 'no answer' }, false, false],
    ['it is not paired', { paired: false }, false, true],
    ['it is not paired and must be', { paired: false, requirePairing: true }, false, false],
    ['one acceptor is faulty', { faultyAcceptors: ['coin'] }, true, true],
    ['all acceptors are faulty', { faultyAcceptors: ['coin', 'bill'] }, true, false],
    ['it has no acceptors', { acceptors: 0 }, true, false],
    ['its backend has no QRs', { offersQr: false }, false, true],
    ['an update is put in place', { updating: true }, false, false],
  ])('when %s', (_, change, qr, cash) => {
    expect(readiness({ ...healthy, ...change })).toMatchObject({ qr, cash });
  });

  it.each<[string, Partial<Health>, boolean]>([
    ['nobody takes them', {}, false],
    ['all is well', { takesCards: true }, true],
    ['the ledger cannot be written', { takesCards: true, ledger: 'disk-full' }, false],
    ['an update is put in place', { takesCards: true, updating: true }, false],
    ['it is not paired', { takesCards: true, paired: false }, false],
  ])('takes cards when %s: so it is', (_, change, card) => {
    expect(readiness({ ...healthy, ...change }).card).toBe(card);
  });

  it('names every reason', () => {
    const all = readiness({ ...healthy, ledger: 'disk-full', output: 'stuck', paired: false, updating: true, faultyAcceptors: ['coin'] });
    expect(all.reasons).toEqual(['ledger: disk-full', 'output: stuck', 'updating', 'not-paired', 'acceptor: coin']);
  });
});

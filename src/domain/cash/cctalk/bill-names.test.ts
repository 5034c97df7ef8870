import { describe, expect, it } from 'vitest';
import { billDisputes } from './bill-names.ts';
import type { CcTalkIdentity } from './identity.ts';

const identity = (pieces: Record<string, string>, scaling: CcTalkIdentity['scaling']): CcTalkIdentity => ({
  manufacturer: null,
  category: null,
  product: null,
  serial: null,
  pieces,
  scaling,
});

describe('the names of bills', () => {
  it.each<[string, string, number, number, number]>([
    ['twenty baht', 'TH0020A', 100, 2, 2_000],
    ['a thousand baht', 'TH1000B', 100, 2, 100_000],
    ['five pounds', 'GB0005A', 100, 2, 500],
    ['fifty thousand rupiah in thousands', 'ID0050A', 1_000, 0, 50_000],
    ['the same by a device that counts sen', 'ID0500A', 10_000, 2, 50_000],
    ['a hundred thousand dong', 'VN0100C', 1_000, 0, 100_000],
  ])('say what the board says: %s', (_, name, factor, decimals, minor) => {
    const said = identity({ '3': name }, { factor, decimals });
    expect(billDisputes(said, { '3': minor })).toEqual([]);
    expect(billDisputes(said, { '3': minor * 10 })).toEqual([{ type: 3, name, namedMinor: minor, boardMinor: minor * 10 }]);
  });

  it('are compared one by one', () => {
    const said = identity({ '1': 'TH0020A', '2': 'TH0050A', '3': 'TH0100A' }, { factor: 100, decimals: 2 });
    expect(billDisputes(said, { '1': 2_000, '2': 10_000, '4': 500 })).toEqual([
      { type: 2, name: 'TH0050A', namedMinor: 5_000, boardMinor: 10_000 },
    ]);
  });

  it.each<[string, Record<string, string>, CcTalkIdentity['scaling']]>([
    ['the device does not say its scaling', { '1': 'TH0020A' }, null],
    ['no box has that currency', { '1': 'XX0020A' }, { factor: 100, decimals: 2 }],
    ['the number is none', { '1': 'TH02K0A' }, { factor: 100, decimals: 2 }],
    ['the number is nothing', { '1': 'TH0000A' }, { factor: 100, decimals: 2 }],
    ['it comes to a part of a minor unit', { '1': 'TH0025A' }, { factor: 1, decimals: 6 }],
    ['the scaling is of another country', { '2': 'GB.005A', '1': 'XX0020A' }, { factor: 100, decimals: 2 }],
    ['it names nothing', {}, { factor: 100, decimals: 2 }],
  ])('leave doubts alone: %s', (_, pieces, scaling) => {
    expect(billDisputes(identity(pieces, scaling), { '1': 7, '2': 7 })).toEqual([]);
  });
});

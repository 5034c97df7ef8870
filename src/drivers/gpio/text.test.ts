import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowReader } from './row-reader.ts';
import { chipsOf, edgeOf, generationOf, levelsOf, linesOf } from './text.ts';

describe('what the programs of libgpiod write', () => {
  it.each([
    ['gpiodetect (libgpiod) v1.6.3\nCopyright (C) 2017-2018 …\n', 1],
    ['gpiodetect (libgpiod) v2.2.1\nCopyright (C) 2017-2023 …\n', 2],
    ['gpiodetect (libgpiod) v2.0-devel\n', 2],
    ['gpiodetect (libgpiod) v1.4.1\n', null],
    ['gpiodetect (libgpiod) v3.0\n', null],
    ['', null],
  ])('version %j', (text, wanted) => {
    expect(generationOf(text)).toBe(wanted);
  });

  it('chips', () => {
    expect(chipsOf('gpiochip0 [pinctrl-bcm2711] (58 lines)\ngpiochip10 [a [b]] (1 lines)\nrubbish\n')).toEqual([
      { chip: 'gpiochip0', label: 'pinctrl-bcm2711' },
      { chip: 'gpiochip10', label: 'a [b]' },
    ]);
  });

  it('lines of 1.6', () => {
    const text = [
      'gpiochip0 - 58 lines:',
      '\tline   0:     "ID_SDA"       unused   input  active-high ',
      '\tline  17:     "GPIO17"    "gpiomon"   input  active-high [used pull-up]',
      '\tline  27: "RELAY [used] 1"       unused  output  active-high ',
      '\tline  42:      unnamed       kernel  output  active-low [used]',
      '',
    ].join('\n');
    expect(linesOf(text)).toEqual([
      { offset: 0, name: 'ID_SDA', used: false },
      { offset: 17, name: 'GPIO17', used: true },
      { offset: 27, name: 'RELAY [used] 1', used: false },
      { offset: 42, name: null, used: true },
    ]);
  });

  it('lines of 2', () => {
    const text = [
      'gpiochip0 - 58 lines:',
      '\tline   0:\t"ID_SDA"        \tinput',
      '\tline  17:\t"GPIO17"        \tinput bias=pull-up edges=both consumer="gpiomon"',
      '\tline  27:\t"A_LONG_NAME_OF_A_LINE"\toutput active-low',
      '\tline  42:\tunnamed         \toutput consumer="kernel"',
      '',
    ].join('\n');
    expect(linesOf(text)).toEqual([
      { offset: 0, name: 'ID_SDA', used: false },
      { offset: 17, name: 'GPIO17', used: true },
      { offset: 27, name: 'A_LONG_NAME_OF_A_LINE', used: false },
      { offset: 42, name: null, used: true },
    ]);
  });

  it.each([
    ['1 0\n', 2, ['high', 'low']],
    ['1\n', 2, null],
    ['', 1, null],
    ['"GPIO17"=active\n', 1, null],
  ])('levels %j', (text, count, wanted) => {
    expect(levelsOf(text, count)).toEqual(wanted);
  });

  it('edges: 1.6 leaves out the zeros before nanoseconds', () => {
    expect(edgeOf('12 5000 1 17', 1)).toEqual({ offset: 17, level: 'high', timestampNs: 12_000_005_000n });
    expect(edgeOf('12 5000 0 17', 1)).toEqual({ offset: 17, level: 'low', timestampNs: 12_000_005_000n });
    expect(edgeOf('12.000005000 1 17', 2)).toEqual({ offset: 17, level: 'high', timestampNs: 12_000_005_000n });
    expect(edgeOf('12.000005000 2 17', 2)).toEqual({ offset: 17, level: 'low', timestampNs: 12_000_005_000n });
  });

  it.each([
    '',
    'x',
    '12.5 1 17',
    '12.000005000 3 17',
    '12.000005000 1 17 ',
    ' 12.000005000 1 17',
    '12.000005000 1',
    '-1.000005000 1 17',
    `${'9'.repeat(50)}.000005000 1 17`,
  ])('no edge: %j', (text) => {
    expect(edgeOf(text, 2)).toBe(null);
  });
});

describe('rows', () => {
  it('are the same however they are cut', () => {
    const row = fc.stringMatching(/^[ -~]{0,100}$/);
    fc.assert(
      fc.property(fc.array(row), fc.array(fc.nat(50)), (rows, cuts) => {
        const text = rows.map((each) => `${each}\n`).join('');
        const reader = new RowReader();
        const found: string[] = [];
        let at = 0;
        for (const cut of [...cuts, text.length]) {
          found.push(...reader.read(text.slice(at, at + cut)));
          at += cut;
        }
        found.push(...reader.read(text.slice(at)));
        expect(found).toEqual(rows);
      }),
    );
  });

  it('of any length take no more room than a row', () => {
    const reader = new RowReader();
    for (let i = 0; i < 1_000; i++) expect([...reader.read('x'.repeat(1_000))]).toEqual([]);
    const [long, next] = reader.read('x\nshort\n');
    expect(long?.length).toBeLessThanOrEqual(300);
    expect(next).toBe('short');
  });
});

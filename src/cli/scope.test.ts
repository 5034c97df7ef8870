import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PulseScope, type ScopeReading } from '../domain/cash/scope.ts';
import { parseBoard } from '../runtime/board.ts';
import { FakeClock } from '../testkit/clock.ts';
import { runTilld } from '../testkit/command-line.ts';
import { GPIOD_BOARD, GPIOD_CHIPS } from '../testkit/gpiod-board.ts';
import { GpiodKernel } from '../testkit/gpiod-kernel.ts';
import { boardSnippet, scopeText, snippetName } from './scope-text.ts';

const PIN = { chip: 'pinctrl-test', line: 'GPIO17', idle: 'high' } as const;
const REST = { acceptors: [], delivery: null, buttons: {}, display: { width: 320, height: 240 } };

/** What is read of pieces of so many pulses, 50 ms low and 100 ms apart. */
function readingOf(counts: readonly number[], pulseMs = 50): ScopeReading {
  const scope = new PulseScope();
  let atMs = 1_000;
  for (const count of counts) {
    for (let i = 0; i < count; i++) {
      scope.edge({ level: 'low', timestampNs: BigInt(atMs * 1e6) });
      scope.edge({ level: 'high', timestampNs: BigInt((atMs + pulseMs) * 1e6) });
      atMs += pulseMs + 100;
    }
    atMs += 1_000;
  }
  return scope.reading();
}

describe('what is read off a line', () => {
  it('is nothing at first', () => {
    expect(scopeText('coin', PIN, new PulseScope().reading(), 0)).toBe(
      [
        'coin (pinctrl-test GPIO17)',
        '  edges     0',
        '  at rest   not known yet',
        '  pulses    none yet',
        '  gaps      none yet',
        '  pieces    none yet',
        '  profiles  not known yet',
      ].join('\n'),
    );
  });

  it('is told in rows', () => {
    expect(scopeText('coin', PIN, readingOf([1, 2, 5]), 2)).toBe(
      [
        'coin (pinctrl-test GPIO17)',
        '  edges     16',
        '  at rest   high; its pulses go low',
        '  pulses    8: 50.0 ms (50.0 to 50.0)',
        '  gaps      5: 100.0 ms (100.0 to 100.0)',
        '  pieces    1, 2, 5 pulses',
        '  profiles  ch-926, hx-616, ict-u70-fast, ict-u70-fast-inhibit-low',
        '  lost      edges, 2 times: the figures may be wrong',
      ].join('\n'),
    );
  });

  it('says that no profile fits', () => {
    expect(scopeText('coin', PIN, readingOf([2, 2, 2], 200), 0)).toContain('none that tilld knows fits');
  });
});

describe('the snippet', () => {
  it('is one that a board file takes', () => {
    const snippet = boardSnippet('coin', PIN, readingOf([5, 1, 2, 1]));
    expect(snippet).toEqual({
      inputs: { coin: PIN },
      acceptors: [
        { name: 'coin', method: 'coin', kind: 'pulse', input: 'coin', profile: 'ch-926', denominations: { 1: 100, 2: 200, 5: 500 } },
      ],
    });
    const board = parseBoard(JSON.stringify({ name: 'b', title: 'B', hardware: 'libgpiod', outputs: {}, ...REST, ...snippet }), 'b.json');
    expect(board.acceptors).toMatchObject([{ profile: 'ch-926' }]);
  });

  it('has no acceptor where no profile fits, and is none where nothing is known', () => {
    expect(boardSnippet('coin', PIN, readingOf([2, 2, 2], 200))).toEqual({ inputs: { coin: PIN } });
    expect(boardSnippet('coin', PIN, readingOf([]))).toBeNull();
  });

  it.each([
    ['bill', 'bill'],
    ['pinctrl-test:GPIO17', 'coin'],
  ])('names the input of %s %s', (line, name) => {
    expect(snippetName(line)).toBe(name);
  });
});

describe('tilld scope', () => {
  const clock = new FakeClock();
  let folder: string;
  let board: string;
  let kernel: GpiodKernel;
  let env: { readonly PATH: string };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tilld-scope-'));
    board = join(folder, 'board.json');
    writeFileSync(board, JSON.stringify({ name: 'b', title: 'B', hardware: 'libgpiod', ...GPIOD_BOARD, ...REST }));
    kernel = new GpiodKernel({ generation: 2, persists: true, chips: GPIOD_CHIPS, clock });
    ({ env } = await kernel.start());
  });
  afterEach(async () => {
    await kernel.stop();
    rmSync(folder, { recursive: true });
  });

  /** Throws in pieces when the line is watched, one edge a millisecond of the fake clock or more. */
  async function pieces(counts: readonly number[]): Promise<void> {
    await kernel.until(() => kernel.holder('GPIO17') !== null);
    for (const count of counts) {
      for (let i = 0; i < count; i++) {
        kernel.drive('GPIO17', 'low');
        clock.advance(50);
        kernel.drive('GPIO17', 'high');
        clock.advance(100);
      }
      clock.advance(1_000);
    }
  }

  it('watches an input live and ends with the last reading', async () => {
    const stop = new AbortController();
    const drawn: string[] = [];
    const running = runTilld(['scope', 'coin', '--board', board], {
      env,
      isTTY: true,
      stop: stop.signal,
      onOut: (text) => {
        drawn.push(text);
        if (text.includes('1, 2 pulses')) stop.abort();
      },
    });
    await pieces([1, 2]);
    const { code, out, err } = await running;
    expect([code, err]).toEqual([0, '']);
    // Every picture goes over the one before.
    expect(drawn[0]).toMatch(/^coin \(pinctrl-test GPIO17\)[\s\S]*Ctrl-C ends\.$/);
    expect(drawn[1]?.startsWith('\u{1b}[8A\r\u{1b}[Jcoin')).toBe(true);
    expect(drawn.at(-1)).toContain('"profile": "ch-926"');
    expect(out).toContain('pulses    3: 50.0 ms');
    expect(kernel.calls.filter((call) => call.startsWith('gpiomon'))).toEqual([expect.not.stringContaining('-p ')]);
    expect(kernel.holder('GPIO17')).toBeNull();
  });

  it('writes one reading into a pipe, of a line that no board names', async () => {
    const running = runTilld(['scope', 'pinctrl-test:GPIO17', '--seconds', '1'], { env });
    await pieces([5]);
    const { code, out } = await running;
    expect(code).toBe(0);
    expect(out).toMatch(/^pinctrl-test:GPIO17 \(pinctrl-test GPIO17\)\n {2}edges {5}10\n/);
    expect(out).not.toContain('\u{1b}');
  });

  it('writes a line for each train for programs, as it happens, and its reading in the end', async () => {
    const stop = new AbortController();
    const said: unknown[] = [];
    const running = runTilld(['scope', 'coin', '--board', board, '--json'], {
      env,
      isTTY: true,
      stop: stop.signal,
      onOut: (text) => {
        said.push(JSON.parse(text));
        if (said.length === 2) stop.abort();
      },
    });
    await pieces([1, 5]);
    const { code } = await running;
    expect([code, said.slice(0, 2)]).toEqual([
      0,
      [
        { event: 'train', pulses: 1, widthsMs: [50], gapsMs: [], bounces: 0 },
        { event: 'train', pulses: 5, widthsMs: Array(5).fill(50), gapsMs: Array(4).fill(100), bounces: 0 },
      ],
    ]);
    expect(said.slice(2)).toEqual([expect.objectContaining({ event: 'reading' })]);
    expect(said.at(-1)).toMatchObject({
      line: 'coin',
      chip: 'pinctrl-test',
      lineName: 'GPIO17',
      losses: 0,
      reading: { idle: 'high', trains: [1, 5] },
      snippet: { acceptors: [{ denominations: { 1: 100, 5: 500 } }] },
    });
  });

  it('says at once who has the line', async () => {
    const stop = new AbortController();
    const box = runTilld(['scope', 'coin', '--board', board], { env, stop: stop.signal });
    await kernel.until(() => kernel.holder('GPIO17') !== null);
    const { code, err } = await runTilld(['scope', 'coin', '--board', board, '--json'], { env });
    expect([code, JSON.parse(err)]).toMatchObject([
      1,
      { error: { code: 'gpio-busy', found: 'gpiomon has it', remedy: expect.stringContaining('systemctl stop tilld') } },
    ]);
    stop.abort();
    expect((await box).code).toBe(0);
  });

  it.each([
    [['coin', '--board', 'sim'], 1, 'scope-no-pins'],
    [['relay', '--board', 'BOARD'], 1, 'input-unknown'],
    [['other-label:GPIO99', '--seconds', '1'], 1, 'gpio-chip-missing'],
    [['pinctrl-test:GPIO99', '--seconds', '1'], 1, 'gpio-line-missing'],
    [['coin', '--board', 'BOARD', '--config', 'x.json'], 2, 'usage'],
    [['coin', '--board', 'BOARD', '--seconds', '0'], 2, 'usage'],
    [['pinctrl-test:GPIO17', '--idle', 'up'], 2, 'usage'],
    [['coin'], 2, 'usage'],
    [[], 2, 'usage'],
  ])('refuses %j', async (args, code, reason) => {
    const run = await runTilld(['scope', ...args.map((arg) => (arg === 'BOARD' ? board : arg)), '--json'], { env });
    expect([run.code, JSON.parse(run.err)]).toMatchObject([code, { error: { code: reason } }]);
  });
});

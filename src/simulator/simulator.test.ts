import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Edge } from '../ports/gpio.ts';
import { loadBoard } from '../runtime/board.ts';
import { FakeClock } from '../testkit/clock.ts';
import { createSimulator, type Simulator } from './simulator.ts';

const BOARD = loadBoard('sim', join(import.meta.dirname, '../../boards'));

let clock: FakeClock;
let simulator: Simulator;
let edges: Edge[];
beforeEach(async () => {
  clock = new FakeClock();
  simulator = createSimulator(BOARD, clock);
  await simulator.gpio.open();
  edges = [];
  for (const line of Object.keys(BOARD.inputs)) {
    simulator.gpio.watch(
      line,
      (edge) => edges.push(edge),
      () => undefined,
    );
  }
});

/** The edges since the last look, as `line level after ms`. */
const seen = (): string[] => {
  const [first] = edges;
  return edges.splice(0).map((e) => `${e.line} ${e.level} ${Number(e.timestampNs - (first?.timestampNs ?? 0n)) / 1e6}`);
};

/** What a promise has come to by now: its value, its refusal's code, or null. */
function outcome<T>(promise: Promise<T>): { value: T | string | null } {
  const box: { value: T | string | null } = { value: null };
  promise.then(
    (value) => {
      box.value = value;
    },
    (error) => {
      box.value = error.code;
    },
  );
  return box;
}

describe('the slots', () => {
  it('tell a coin by its pulses, and are done when the last one was played', async () => {
    const coin = outcome(simulator.coin(200));
    await clock.flow(299, 1);
    expect(coin.value).toBeNull();
    await clock.flow(2, 1);
    expect(coin.value).toEqual({ accepted: true, acceptor: 'coin', pulses: 2 });
    expect(seen()).toEqual(['coin low 0', 'coin high 50', 'coin low 150', 'coin high 200']);
  });

  it('tell a bill on its own line', async () => {
    const bill = outcome(simulator.bill(100_000));
    await clock.flow(15_100, 100);
    expect(bill.value).toEqual({ accepted: true, acceptor: 'bill', pulses: 100 });
    expect(edges).toHaveLength(200);
  });

  it('give a piece back while they are inhibited', async () => {
    await simulator.gpio.set('coin-inhibit', true);
    expect(await simulator.coin(1_000)).toEqual({ accepted: false, acceptor: 'coin', reason: 'inhibited' });
    await simulator.gpio.set('coin-inhibit', false);
    const again = outcome(simulator.coin(100));
    await clock.flow(200);
    expect(again.value).toMatchObject({ accepted: true });
  });

  it('let a second piece through only when the first is over, and ask again whether they are inhibited', async () => {
    const [first, second, third] = [outcome(simulator.coin(100)), outcome(simulator.coin(100)), outcome(simulator.coin(100))];
    await clock.flow(700, 10);
    await simulator.gpio.set('coin-inhibit', true);
    await clock.flow(700, 10);
    expect([first.value, second.value, third.value]).toMatchObject([{ accepted: true }, { accepted: true }, { accepted: false }]);
    const starts = edges.filter(({ level }) => level === 'low').map(({ timestampNs }) => Number(timestampNs) / 1e6);
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(50 + 240);
  });

  it.each([
    ['coin', 300],
    ['coin', 2_000],
    ['bill', 1_000],
    ['bill', 0],
  ] as const)('know no %s of %i', async (method, denomination) => {
    await expect(simulator[method](denomination)).rejects.toMatchObject({ code: 'denomination-unknown', found: String(denomination) });
  });

  it('hold a queue that ends somewhere', () => {
    const pieces = Array.from({ length: 102 }, () => outcome(simulator.coin(100)));
    return clock.flow(1).then(() => expect(pieces.map(({ value }) => value).filter(Boolean)).toEqual(['slot-queue-full']));
  });

  it('take an acceptor by what inhibits it, not by whether its output is active', async () => {
    const [coin] = BOARD.acceptors;
    if (!coin) throw new Error('no acceptor');
    const board = { ...BOARD, acceptors: [{ ...coin, profile: 'ict-u70-fast-inhibit-low' }] };
    const other = createSimulator(board, clock);
    await other.gpio.open();
    expect(await other.coin(100)).toMatchObject({ accepted: false });
  });

  it('need a profile tilld knows', () => {
    const [coin] = BOARD.acceptors;
    if (!coin) throw new Error('no acceptor');
    const board = { ...BOARD, acceptors: [{ ...coin, profile: 'no-such' }] };
    expect(() => createSimulator(board, clock)).toThrow(expect.objectContaining({ code: 'profile-unknown' }));
  });
});

describe('fingers and generators', () => {
  it('press and release a button', async () => {
    const press = outcome(simulator.button('p1').then(() => 'released'));
    await clock.flow(200);
    expect([press.value, seen()]).toEqual(['released', ['button-p1 low 0', 'button-p1 high 80']]);
  });

  it('press keys of the keypad only', async () => {
    const key = outcome(simulator.key('7').then(() => 'released'));
    await clock.flow(200);
    expect([key.value, seen()]).toEqual(['released', ['key-7 low 0', 'key-7 high 80']]);
    await expect(simulator.key('p1')).rejects.toMatchObject({ code: 'key-unknown' });
    await expect(simulator.button('toString')).rejects.toMatchObject({ code: 'button-unknown' });
  });

  it('make any pulses on any input', async () => {
    const done = outcome(simulator.pulses({ line: 'bill', widthsMs: [0.5, 1], gapsMs: [2] }).then(() => 'done'));
    await clock.flow(10);
    expect([done.value, seen()]).toEqual(['done', ['bill low 0', 'bill high 0.5', 'bill low 2.5', 'bill high 3.5']]);
    await expect(simulator.pulses({ line: 'relay', widthsMs: [1], gapsMs: [] })).rejects.toMatchObject({ code: 'input-unknown' });
  });

  it('do not keep a line busy for ever', async () => {
    const long = { line: 'coin', widthsMs: [300_000], gapsMs: [300_001] };
    void simulator.pulses(long);
    await expect(simulator.pulses(long)).rejects.toMatchObject({ code: 'line-busy' });
  });

  it('look at outputs and listen', async () => {
    await simulator.gpio.set('relay', true);
    expect(simulator.outputs()).toContainEqual({ name: 'relay', active: true, level: 'high' });
    void simulator.speaker.say({ phrase: 'paired', amount: null });
    await clock.flow(10);
    expect(simulator.transcript()).toMatchObject([{ text: 'The box is paired', sound: null }]);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { BoardPulseAcceptor } from '../../domain/board.ts';
import { type AcceptorProfile, endOfTrainMs, profileNamed } from '../../domain/cash/profiles.ts';
import { DeviceFault } from '../../domain/fault.ts';
import type { AcceptorEvent } from '../../ports/acceptor.ts';
import { SimulatedGpio } from '../../simulator/gpio.ts';
import { type PulseHarness, pulseAcceptorContract } from '../../testkit/acceptor-contract.ts';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { ScriptedGpio } from '../../testkit/scripted-gpio.ts';
import { pulseAcceptor } from './pulse.ts';

const CH_926 = profileNamed('ch-926');
if (!CH_926) throw new Error('no profile');
const PROFILE: AcceptorProfile = CH_926;
const END = endOfTrainMs(PROFILE);
const ENTRY: BoardPulseAcceptor = {
  name: 'coin',
  method: 'coin',
  kind: 'pulse',
  input: 'coin',
  inhibit: 'inhibit',
  profile: 'ch-926',
  denominations: { '1': 100, '2': 200, '5': 500 },
};
const BOARD = {
  inputs: { coin: { chip: 'sim', line: 'COIN', idle: 'high' } },
  outputs: { inhibit: { chip: 'sim', line: 'INHIBIT', active: 'high' } },
} as const;

interface World {
  readonly acceptor: PulseHarness['acceptor'];
  readonly clock: FakeClock;
  /** Holds the line at a level for a time. */
  hold(level: 'high' | 'low', ms: number): Promise<void>;
  lose(count: number): Promise<void>;
  inhibited(): boolean;
  finish(): void;
}

/** What can be put into an acceptor is the same whatever its pins are. */
function harness({ acceptor, hold, lose, inhibited, finish }: World): PulseHarness {
  const pulses = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await hold('low', 50);
      await hold('high', i === count - 1 ? 50 : 100);
    }
  };
  return {
    acceptor,
    insert: pulses,
    settle: () => hold('high', END + 20),
    noise: async () => {
      await hold('low', 2);
      await hold('high', 10);
    },
    stick: (stuck) => hold(stuck ? 'low' : 'high', 4_000),
    storm: async (raging) => {
      if (!raging) return hold('high', 11_000);
      for (let i = 0; i < 60; i++) {
        await hold('low', 1);
        await hold('high', 1);
      }
    },
    insertWithLoss: async () => {
      await pulses(2);
      await lose(1);
      await hold('high', 100);
      await pulses(2);
    },
    inhibited,
    finish,
  };
}

pulseAcceptorContract('the pulse acceptor on the simulated board', async (inhibits) => {
  const clock = new FakeClock();
  const gpio = new SimulatedGpio(clock, BOARD);
  await gpio.open();
  const hold = async (level: 'high' | 'low', ms: number) => {
    void gpio.play('coin', [{ level, ms }]);
    await clock.flow(ms, 25);
  };
  return harness({
    acceptor: pulseAcceptor({ gpio, clock, entry: ENTRY, profile: PROFILE, outputs: BOARD.outputs, boot: 'boot1' }),
    clock,
    hold,
    lose: async (count) => {
      gpio.loseEdges('coin', count);
      await hold('low', 50);
    },
    inhibited: () => gpio.outputs().some(({ active }) => active),
    finish: () => expect(gpio.history().map(({ active }) => active)).toEqual(inhibits),
  });
});

pulseAcceptorContract('the pulse acceptor on scripted pins', async (inhibits) => {
  const clock = new FakeClock();
  const script = inhibits.map((active) => ({ set: 'inhibit', active }));
  const gpio = new ScriptedGpio(clock, { coin: 'high' }, ['inhibit'], script);
  await gpio.open();
  return harness({
    acceptor: pulseAcceptor({ gpio, clock, entry: ENTRY, profile: PROFILE, outputs: BOARD.outputs, boot: 'boot1' }),
    clock,
    hold: async (level, ms) => {
      gpio.drive('coin', level);
      await clock.flow(ms, 25);
    },
    lose: async (count) => {
      gpio.lose('coin', count);
      await clock.flow(50, 25);
    },
    inhibited: () => gpio.active('inhibit'),
    finish: () => gpio.finish(),
  });
});

describe('the pulse acceptor', () => {
  let clock: FakeClock;
  let gpio: ScriptedGpio;
  let events: AcceptorEvent[];
  const options = (over: { entry?: Partial<BoardPulseAcceptor>; profile?: AcceptorProfile } = {}) => ({
    gpio,
    clock,
    entry: { ...ENTRY, inhibit: 'inhibit', ...over.entry },
    profile: over.profile ?? PROFILE,
    outputs: BOARD.outputs,
    boot: 'boot1',
  });
  const onEvent = (event: AcceptorEvent) => void events.push(event);
  const kinds = () => events.map(({ kind }) => kind);
  /** Edges as they come out of a buffer: at once, with the kernel's times. */
  const burst = (...atMs: number[]) => {
    for (const [i, at] of atMs.entries()) gpio.drive('coin', i % 2 === 0 ? 'low' : 'high', BigInt(at * 1e6));
  };
  beforeEach(async () => {
    clock = new FakeClock();
    gpio = new ScriptedGpio(clock, { coin: 'high' }, ['inhibit'], [{ set: 'inhibit', active: true }]);
    await gpio.open();
    events = [];
  });

  it('names trains by boot, acceptor and number', async () => {
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    burst(1_000, 1_050, 2_000, 2_050, 2_150, 2_200, 3_000, 3_050);
    expect(events).toEqual([
      { kind: 'credited', train: 'boot1.coin.1', amountMinor: 100, widthsMs: expect.any(Array) },
      { kind: 'credited', train: 'boot1.coin.2', amountMinor: 200, widthsMs: expect.any(Array) },
    ]);
    await clock.flow(END + 20);
    expect(events.slice(2)).toEqual([{ kind: 'credited', train: 'boot1.coin.3', amountMinor: 100, widthsMs: expect.any(Array) }]);
    await acceptor.stop();
    expect(clock.pending()).toBe(0);
  });

  it('lets edges that wait to be read come before a timer that is late', async () => {
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    burst(1_000, 1_050, 1_150, 1_200);
    // The program stood still: the timer is long due, and three more pulses wait.
    clock.advance(END + 1);
    burst(1_300, 1_350, 1_450, 1_500, 1_600, 1_650);
    await clock.flow(END + 50);
    expect(events).toMatchObject([{ kind: 'credited', amountMinor: 500 }]);
  });

  it('keeps pieces apart that are read at once', async () => {
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    burst(1_000, 1_050, 1_050 + END, 1_100 + END);
    await clock.flow(END + 20);
    expect(events).toMatchObject([
      { kind: 'credited', amountMinor: 100 },
      { kind: 'credited', amountMinor: 100 },
    ]);
  });

  it('does not trust a count that was running when it started', async () => {
    gpio.drive('coin', 'low');
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    expect(acceptor.busy()).toBe(true);
    gpio.drive('coin', 'high', 1_020_000_000n);
    burst(1_120, 1_170);
    await clock.flow(END + 20);
    expect(events).toMatchObject([{ kind: 'unassigned', pulses: 1 }]);
  });

  it('finds a line that was stuck before it started', async () => {
    gpio.drive('coin', 'low');
    await pulseAcceptor(options()).start(onEvent);
    await clock.flow(3_000);
    expect(events).toMatchObject([{ kind: 'fault', code: 'line-stuck', detail: 'coin stays low' }]);
  });

  it('says a loss once, and that it is over after a minute without another', async () => {
    await pulseAcceptor(options()).start(onEvent);
    gpio.lose('coin', 2);
    await clock.flow(30_000, 1_000);
    gpio.lose('coin', 2);
    expect(events).toEqual([{ kind: 'fault', code: 'edges-lost', detail: '2 edges were lost on coin' }]);
    await clock.flow(59_000, 1_000);
    expect(events).toHaveLength(1);
    await clock.flow(1_000, 1_000);
    expect(events.slice(1)).toEqual([{ kind: 'cleared', code: 'edges-lost' }]);
  });

  it('counts every pulse where the board says so', async () => {
    await pulseAcceptor(options({ entry: { perPulseMinor: 100 } })).start(onEvent);
    burst(1_000, 1_050, 1_150, 1_200, 1_300, 1_350);
    await clock.flow(END + 20);
    expect(events).toMatchObject([{ kind: 'credited', amountMinor: 300 }]);
  });

  it('inhibits by the polarity of the profile', async () => {
    gpio = new ScriptedGpio(
      clock,
      { coin: 'high' },
      ['inhibit'],
      [
        { set: 'inhibit', active: true },
        { set: 'inhibit', active: false },
      ],
    );
    await gpio.open();
    // Refuses while its line is low, on a pin that is active high: the output enables it.
    const acceptor = pulseAcceptor(options({ profile: { ...PROFILE, inhibit: 'low' } }));
    await acceptor.start(onEvent);
    expect(gpio.active('inhibit')).toBe(false);
    await acceptor.enable();
    expect(gpio.active('inhibit')).toBe(true);
    await acceptor.disable();
    expect(gpio.active('inhibit')).toBe(false);
    gpio.finish();
  });

  it('works without an inhibit line', async () => {
    const { inhibit: _, ...entry } = ENTRY;
    const acceptor = pulseAcceptor({ ...options(), entry });
    await acceptor.start(onEvent);
    await acceptor.enable();
    burst(1_000, 1_050);
    await clock.flow(END + 20);
    expect(kinds()).toEqual(['credited']);
  });

  it('refuses an inhibit output that the board does not have', () => {
    expect(() => pulseAcceptor(options({ entry: { inhibit: 'no-such' } }))).toThrow(expect.objectContaining({ code: 'output-unknown' }));
  });

  it('reports an inhibit line that cannot be driven, and throws when it was asked to', async () => {
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    await gpio.close();
    await expect(acceptor.enable()).rejects.toMatchObject({ code: 'gpio-closed' });
    gpio.drive('coin', 'low');
    await clock.flow(3_000);
    expect(events.map((event) => 'code' in event && event.code)).toEqual(['line-stuck', 'inhibit-failed']);
  });

  const unwatched = () => Promise.reject(new DeviceFault('Input coin is not watched', { code: 'input-fault' }));
  const codes = () => events.map((event) => ('code' in event ? `${event.kind} ${event.code}` : event.kind));

  it('takes nothing while nobody watches its input', async () => {
    gpio = new ScriptedGpio(
      clock,
      { coin: 'high' },
      ['inhibit'],
      [true, false, true, false].map((active) => ({ set: 'inhibit', active })),
    );
    await gpio.open();
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    await acceptor.enable();
    const read = gpio.read.bind(gpio);
    gpio.read = unwatched;
    gpio.lose('coin', 0);
    await settle();
    expect([codes(), gpio.active('inhibit')]).toEqual([['fault edges-lost', 'fault input-fault'], true]);
    // However long that lasts.
    await clock.flow(120_000, 1_000);
    expect([codes().slice(2), gpio.active('inhibit')]).toEqual([['cleared edges-lost'], true]);
    gpio.read = read;
    await clock.flow(5_000, 1_000);
    expect([codes().slice(3), gpio.active('inhibit')]).toEqual([['cleared input-fault'], false]);
    gpio.finish();
  });

  it.each([
    ['at rest', 'high', false],
    ['still active', 'low', true],
  ] as const)('a line that went away while it was active, and is back %s', async (_, level, stuck) => {
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    const read = gpio.read.bind(gpio);
    gpio.drive('coin', 'low');
    gpio.read = unwatched;
    gpio.lose('coin', 0);
    await clock.flow(3_000);
    expect(codes()).toContain('fault line-stuck');
    gpio.read = async () => level;
    await clock.flow(5_000, 1_000);
    expect(codes().includes('cleared line-stuck')).toBe(!stuck);
    gpio.read = read;
    await acceptor.stop();
  });

  it('does not take a level for the present one that edges have passed meanwhile', async () => {
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    const late = Promise.withResolvers<'low'>();
    gpio.read = () => late.promise;
    gpio.lose('coin', 0);
    for (const level of ['low', 'high'] as const) {
      gpio.drive('coin', level);
      await clock.flow(50);
    }
    late.resolve('low');
    await clock.flow(4_000);
    expect(codes()).not.toContain('fault line-stuck');
    await acceptor.stop();
  });

  it('starts although its pins fail, and works when they do', async () => {
    const acceptor = pulseAcceptor(options());
    const [read, set] = [gpio.read.bind(gpio), gpio.set.bind(gpio)];
    gpio.read = unwatched;
    gpio.set = () => Promise.reject(new DeviceFault('Output inhibit cannot be driven', { code: 'output-fault' }));
    await acceptor.start(onEvent);
    expect(codes()).toEqual(['fault inhibit-failed', 'fault input-fault']);
    gpio.read = read;
    gpio.set = set;
    await clock.flow(5_000, 1_000);
    expect([codes().slice(2).toSorted(), gpio.active('inhibit')]).toEqual([['cleared inhibit-failed', 'cleared input-fault'], true]);
    gpio.finish();
  });

  it('drives its inhibit line again when whatever held it has let it go', async () => {
    const acceptor = pulseAcceptor(options());
    await acceptor.start(onEvent);
    const asked: boolean[] = [];
    gpio.set = async (_, active) => void asked.push(active);
    await clock.flow(5_000, 1_000);
    expect(asked).toEqual([true]);
    await acceptor.stop();
  });

  it('shuts the acceptor on stop even when nobody wants to hear of its last coin', async () => {
    const acceptor = pulseAcceptor(options());
    await acceptor.start(() => {
      throw new Error('ledger is gone');
    });
    burst(1_000, 1_050);
    await expect(acceptor.stop()).rejects.toThrow('ledger is gone');
    expect(gpio.active('inhibit')).toBe(true);
    await settle();
    expect(clock.pending()).toBe(0);
  });
});

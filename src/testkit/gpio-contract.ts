import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../domain/fault.ts';
import type { Edge, Gpio, PulseTrain } from '../ports/gpio.ts';
import type { GpioStep } from './scripted-gpio.ts';

/** A Gpio with an input `in` that idles high, an output `out`, and the world on the other side of them. */
export interface GpioHarness {
  readonly gpio: Gpio;
  /** Changes the input's level from outside, and lets the change arrive. */
  drive(level: 'high' | 'low'): Promise<void>;
  /** Loses this many of the edges that follow, by driving them. */
  lose(count: number): Promise<void>;
  /** Takes the chip of all pins away, or brings it back, inactive and at rest. */
  away(away: boolean): Promise<void>;
  /** Whether the output is active, seen from outside. */
  active(): boolean;
  /** Lets time pass. */
  elapse(ms: number): Promise<void>;
  /** Lets time pass until it is so. */
  passUntil(when: () => boolean): Promise<void>;
  /** Checks that the output did what the steps say, no more and no less. */
  finish(): void | Promise<void>;
  /** Whether the driver sees the kernel's own numbers; else it only learns of an odd number of edges lost in a row. Default true. */
  readonly numbered?: boolean;
}

/** The promises of ports/gpio.ts. `make` is told what the test is going to do with the output. */
export function gpioContract(name: string, make: (steps: readonly GpioStep[]) => Promise<GpioHarness> | GpioHarness): void {
  describe(`${name} keeps the contract of Gpio`, () => {
    let harness: GpioHarness;
    const open = async (...steps: GpioStep[]) => {
      harness = await make(steps);
      await harness.gpio.open();
      return harness.gpio;
    };
    const codeOf = async (promise: Promise<unknown>) => {
      const error = await promise.then(
        () => null,
        (error: unknown) => error,
      );
      return error instanceof Fault ? error.code : error;
    };
    const fail = () => expect.unreachable('no loss');
    afterEach(async () => {
      await harness.gpio.close();
      await harness.finish();
    });

    it('has its outputs inactive after open and after close', async () => {
      const gpio = await open({ set: 'out', active: true });
      expect(harness.active()).toBe(false);
      await gpio.set('out', true);
      expect(harness.active()).toBe(true);
      await gpio.close();
      expect(harness.active()).toBe(false);
    });

    it('drives an output until told otherwise', async () => {
      const gpio = await open({ set: 'out', active: true }, { set: 'out', active: false });
      await gpio.set('out', true);
      await gpio.set('out', true);
      await harness.elapse(1_000);
      expect(harness.active()).toBe(true);
      await gpio.set('out', false);
      expect(harness.active()).toBe(false);
    });

    it('reads the present level of an input', async () => {
      const gpio = await open();
      expect(await gpio.read('in')).toBe('high');
      await harness.drive('low');
      expect(await gpio.read('in')).toBe('low');
    });

    it('tells every edge once, in order, by kernel time and number', async () => {
      const gpio = await open();
      const edges: Edge[] = [];
      gpio.watch('in', (edge) => edges.push(edge), fail);
      for (let i = 0; i < 6; i++) {
        await harness.drive(i % 2 === 0 ? 'low' : 'high');
        await harness.elapse(10);
      }
      expect(edges.map(({ line, level }) => `${line} ${level}`)).toEqual(['in low', 'in high', 'in low', 'in high', 'in low', 'in high']);
      for (const [i, edge] of edges.entries()) {
        const before = edges[i - 1];
        if (!before) continue;
        expect(edge.seqno).toBe(before.seqno + 1);
        expect(Number(edge.timestampNs - before.timestampNs) / 1e6).toBeGreaterThanOrEqual(9);
      }
    });

    it('tells nothing after a watch was cancelled', async () => {
      const gpio = await open();
      const edges: Edge[] = [];
      const cancel = gpio.watch('in', (edge) => edges.push(edge), fail);
      await harness.drive('low');
      cancel();
      cancel();
      await harness.drive('high');
      expect(edges).toHaveLength(1);
    });

    it('never hides a loss', async () => {
      const gpio = await open();
      const edges: Edge[] = [];
      let lost = 0;
      gpio.watch(
        'in',
        (edge) => edges.push(edge),
        (count) => {
          lost += Math.max(1, count);
        },
      );
      const missed = harness.numbered === false ? 1 : 2;
      await harness.drive('low');
      await harness.lose(missed);
      await harness.drive(missed === 1 ? 'low' : 'high');
      expect(lost).toBeGreaterThan(0);
      expect(edges).toHaveLength(2);
      expect((edges[1]?.seqno ?? 0) - (edges[0]?.seqno ?? 0)).toBe(missed + 1);
    });

    it('runs a train of pulses and is done when its last gap is over', async () => {
      const train: PulseTrain = { count: 3, pulseMs: 50, gapMs: 100 };
      const gpio = await open({ pulse: 'out', train });
      let done = false;
      const running = gpio.pulse('out', train).then(() => {
        done = true;
      });
      await harness.elapse(10);
      expect(harness.active()).toBe(true);
      await harness.elapse(420);
      expect(done).toBe(false);
      await harness.elapse(100);
      await running;
      expect(harness.active()).toBe(false);
    });

    it('gives up a train when it is closed', async () => {
      const train: PulseTrain = { count: 2, pulseMs: 1_000, gapMs: 1_000 };
      const gpio = await open({ pulse: 'out', train });
      const running = codeOf(gpio.pulse('out', train));
      await harness.elapse(10);
      await gpio.close();
      expect(harness.active()).toBe(false);
      expect(await running).toBe('gpio-closed');
    });

    it('drives and reads nothing while it is closed', async () => {
      const gpio = await open();
      await gpio.close();
      expect(await codeOf(gpio.set('out', true))).toBe('gpio-closed');
      expect(await codeOf(gpio.pulse('out', { count: 1, pulseMs: 10, gapMs: 10 }))).toBe('gpio-closed');
      expect(await codeOf(gpio.read('in'))).toBe('gpio-closed');
      expect(harness.active()).toBe(false);
    });

    const codes = () => harness.gpio.faults().map(({ line, fault }) => `${line} ${fault.code}`);

    it('opens without its pins, says so, and takes them up when they come', async () => {
      harness = await make([{ set: 'out', active: true }]);
      const { gpio } = harness;
      const edges: Edge[] = [];
      let losses = 0;
      gpio.watch(
        'in',
        (edge) => edges.push(edge),
        () => {
          losses += 1;
        },
      );
      await harness.away(true);
      expect(gpio.faults()).toEqual([]);
      let open = false;
      const opening = gpio.open().then(() => {
        open = true;
      });
      await harness.passUntil(() => open);
      await opening;
      expect(codes()).toEqual(expect.arrayContaining(['out gpio-chip-missing', 'in gpio-chip-missing']));
      expect(await codeOf(gpio.set('out', true))).toBe('output-fault');
      expect(await codeOf(gpio.pulse('out', { count: 1, pulseMs: 10, gapMs: 10 }))).toBe('output-fault');
      expect(await codeOf(gpio.read('in'))).toBe('input-fault');
      losses = 0;
      await harness.away(false);
      await harness.passUntil(() => gpio.faults().length === 0 && losses > 0);
      expect(harness.active()).toBe(false);
      expect(await gpio.read('in')).toBe('high');
      await gpio.set('out', true);
      expect(harness.active()).toBe(true);
      await harness.drive('low');
      expect(edges.at(-1)).toMatchObject({ line: 'in', level: 'low' });
    });

    it('lets pins go that went away while they were used, and has them inactive when they are back', async () => {
      const train: PulseTrain = { count: 1, pulseMs: 1_800_000, gapMs: 0 };
      const gpio = await open(
        { set: 'out', active: true },
        { set: 'out', active: false },
        { pulse: 'out', train },
        { set: 'out', active: true },
      );
      let losses = 0;
      gpio.watch(
        'in',
        () => undefined,
        () => {
          losses += 1;
        },
      );
      await gpio.set('out', true);
      await gpio.set('out', false);
      const running = codeOf(gpio.pulse('out', train));
      await harness.elapse(10);
      expect(harness.active()).toBe(true);
      await harness.away(true);
      await harness.passUntil(() => gpio.faults().length >= 2 && losses > 0);
      expect(await codeOf(gpio.read('in'))).toBe('input-fault');
      losses = 0;
      await harness.away(false);
      await harness.passUntil(() => gpio.faults().length === 0 && losses > 0);
      expect(harness.active()).toBe(false);
      expect(await running).toBe('output-fault');
      await gpio.set('out', true);
      expect(harness.active()).toBe(true);
    });

    it('knows the lines of its board only', async () => {
      const gpio = await open();
      expect(await codeOf(gpio.set('in', true))).toBe('output-unknown');
      expect(await codeOf(gpio.read('out'))).toBe('input-unknown');
      expect(() => gpio.watch('no-such', fail, fail)).toThrow(Fault);
    });
  });
}

import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../../domain/fault.ts';
import { settle } from '../../testkit/clock.ts';
import { type GpiodBench, gpiodBench } from '../../testkit/gpiod-bench.ts';
import { needsGpiodPrograms } from '../../testkit/gpiod-programs.ts';
import { answerOf } from './program.ts';

const { missing, why } = needsGpiodPrograms();

let bench: GpiodBench;
afterEach(() => bench.stop());

const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => (error instanceof Fault ? { code: error.code, found: error.found } : error),
  );
const relay = () => bench.kernel.driven('GPIO27');
const relayCalls = () => bench.kernel.calls.filter((call) => call.startsWith('gpioset') && call.includes(' 27='));
const changes = () => bench.kernel.changes('GPIO27').map(({ level }) => level);

/** The guards of this process by their numbers. */
const guards = () =>
  readdirSync('/proc')
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0');
        return words[0] === 'sh' && readFileSync(`/proc/${name}/status`, 'latin1').includes(`\nPPid:\t${process.pid}\n`);
      } catch {
        // No process, or one that has just ended.
        return false;
      }
    })
    .map(Number);

describe.skipIf(missing).each([1, 2] as const)(`outputs by libgpiod %i${why}`, (generation) => {
  const open = async (persists = true) => {
    bench = await gpiodBench(generation, { persists });
    await bench.gpio.open();
  };

  it('switches off what was left on, and on by the level of the board file', async () => {
    await open();
    expect([relay(), bench.kernel.driven('GPIO6')]).toEqual(['low', 'high']);
    await bench.gpio.set('valve', true);
    expect(bench.kernel.driven('GPIO6')).toBe('low');
    await bench.gpio.close();
    expect([relay(), bench.kernel.driven('GPIO6')]).toEqual(['low', 'high']);
    await bench.kernel.until(() => bench.kernel.running === 0);
  });

  it('is off at once when its gpioset dies, and can be switched on again', async () => {
    await open();
    await bench.gpio.set('relay', true);
    const pid = bench.kernel.holder('GPIO27')?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await bench.kernel.until(() => relay() === 'low');
    expect(bench.log.lines[0]).toMatchObject({ event: 'gpio.output-lost', fields: { output: 'relay', active: true, found: 'SIGKILL' } });
    await bench.gpio.set('relay', true);
    expect(relay()).toBe('high');
  });

  it('says why it cannot be driven, and holds it inactive', async () => {
    await open();
    bench.kernel.act('gpioset', { refuses: 'unable to set values: Input/output error' });
    expect(await faultOf(bench.gpio.set('relay', true))).toEqual({
      code: 'output-fault',
      found: 'gpioset: unable to set values: Input/output error',
    });
    expect(relay()).toBe('low');
    expect(bench.kernel.holder('GPIO27')).not.toBe(null);
  });

  it('waits for a line that is let go only now', async () => {
    await open();
    bench.kernel.act('gpioset', { refuses: 'Device or resource busy' }, { refuses: 'Device or resource busy' });
    let done = false;
    void bench.gpio.set('relay', true).then(() => {
      done = true;
    });
    await bench.passUntil(() => done);
    expect(relay()).toBe('high');
  });

  it('kills a gpioset that does not end when it is asked to', async () => {
    await open();
    bench.kernel.act('gpioset', 'stubborn');
    await bench.gpio.set('relay', true);
    const setting = bench.gpio.set('relay', false);
    let done = false;
    void setting.then(() => {
      done = true;
    });
    await settle();
    expect(relay()).toBe('high');
    await bench.passUntil(() => done);
    expect(relay()).toBe('low');
  });

  it('fails a gpioset that does not begin within five seconds', async () => {
    await open();
    bench.kernel.act('gpioset', 'silent');
    let fault: unknown = null;
    void faultOf(bench.gpio.set('relay', true)).then((found) => {
      fault = found;
    });
    await bench.passUntil(() => fault !== null, 10);
    expect(fault).toMatchObject({ code: 'output-fault' });
    expect(relay()).toBe('low');
  });

  it('ends a train with whatever ended its gpioset, and switches off', async () => {
    await open();
    const before = bench.kernel.trains;
    const running = faultOf(bench.gpio.pulse('relay', { count: 2, pulseMs: 60_000, gapMs: 100 }));
    await bench.kernel.until(() => bench.kernel.trains > before);
    process.kill(bench.kernel.holder('GPIO27')?.pid ?? 0, 'SIGKILL');
    expect(await running).toMatchObject({ code: 'output-fault' });
    expect(relay()).toBe('low');
    expect(changes().slice(1)).toEqual(['high', 'low']);
  });

  it('keeps a pulse as long as it was to be, whatever the event loop does', async () => {
    await open(false);
    const running = bench.gpio.pulse('relay', { count: 1, pulseMs: 40, gapMs: 0 });
    let done = false;
    void running.then(() => {
      done = true;
    });
    await bench.passUntil(() => done);
    const times = bench.kernel.changes('GPIO27').filter(({ level }, i, all) => (level === 'high') !== (all[i - 1]?.level === 'high'));
    expect((times[1]?.atMs ?? 0) - (times[0]?.atMs ?? 0)).toBe(40);
  });

  it('does what is asked in the order it is asked', async () => {
    await open();
    const asked = [
      bench.gpio.set('relay', true),
      bench.gpio.pulse('relay', { count: 1, pulseMs: 20, gapMs: 10 }),
      bench.gpio.set('relay', true),
      bench.gpio.set('relay', false),
    ];
    let done = false;
    void Promise.all(asked).then(() => {
      done = true;
    });
    await bench.passUntil(() => done);
    expect(changes().filter((level, i, all) => level !== all[i - 1])).toEqual(['low', 'high', 'low', 'high', 'low']);
  });

  it('refuses a train no output can give', async () => {
    await open();
    const calls = relayCalls().length;
    expect(await faultOf(bench.gpio.pulse('relay', { count: 0, pulseMs: 1, gapMs: 1 }))).toMatchObject({ code: 'train-invalid' });
    expect(await faultOf(bench.gpio.pulse('relay', { count: 1, pulseMs: Number.NaN, gapMs: 1 }))).toMatchObject({ code: 'train-invalid' });
    expect(relayCalls()).toHaveLength(calls);
  });

  it('tells whoever waits that it was closed, and leaves nothing running', async () => {
    await open();
    const running = [
      faultOf(bench.gpio.pulse('relay', { count: 3, pulseMs: 5_000, gapMs: 5_000 })),
      faultOf(bench.gpio.set('relay', true)),
    ];
    await bench.kernel.until(() => relay() === 'high');
    await bench.gpio.close();
    expect(await Promise.all(running)).toMatchObject([{ code: 'gpio-closed' }, { code: 'gpio-closed' }]);
    expect(relay()).toBe('low');
    await bench.kernel.until(() => bench.kernel.running === 0);
  });

  it('says why a program could not even be started', async () => {
    await open();
    expect(await faultOf(answerOf(['sh', '-c', ':', 'x'.repeat(200_000)], bench.programs.env, bench.clock))).toMatchObject({
      code: 'gpio-failed',
      found: expect.stringContaining('E2BIG'),
    });
  });

  it('has its outputs guarded again when the guards were killed', async () => {
    await open();
    const killed = guards();
    expect(killed).toHaveLength(2);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await bench.passUntil(() => guards().filter((pid) => !killed.includes(pid)).length === 2, 25);
    expect(bench.events()).toEqual(['gpio.guard-died', 'gpio.guard-died']);
    await bench.gpio.close();
    expect(guards()).toEqual([]);
  });

  it('opens again after it was closed', async () => {
    await open();
    await bench.gpio.close();
    await bench.gpio.open();
    await bench.gpio.set('relay', true);
    expect(relay()).toBe('high');
  });
});

it.skipIf(missing)(`gives long trains in parts that fit a command line${why}`, async () => {
  bench = await gpiodBench(2);
  await bench.gpio.open();
  let done = false;
  void bench.gpio.pulse('relay', { count: 4_500, pulseMs: 1, gapMs: 1 }).then(() => {
    done = true;
  });
  await bench.passUntil(() => done, 25);
  const trains = relayCalls().filter((call) => call.includes('us,'));
  expect(trains.map((call) => call.split('us,').length)).toEqual([4_000, 4_000, 1_000]);
  expect(changes().filter((level) => level === 'high')).toHaveLength(4_500);
});

it.skipIf(missing)(`begins a train on a line that is let go only now${why}`, async () => {
  bench = await gpiodBench(2);
  await bench.gpio.open();
  bench.kernel.act('gpioset', { refuses: 'Device or resource busy' });
  let outcome: unknown = 'running';
  void faultOf(bench.gpio.pulse('relay', { count: 1, pulseMs: 40, gapMs: 0 })).then((fault) => {
    outcome = fault;
  });
  await bench.passUntil(() => outcome !== 'running');
  expect([outcome, changes().filter((level) => level === 'high')]).toEqual([null, ['high']]);
});

describe.skipIf(missing).each([
  [1, 'gpioset -m time'],
  [2, 'gpioset --banner'],
] as const)(`a pulse of an hour by libgpiod %i${why}`, (generation, by) => {
  it('is no longer than gpioset can count, or is held', async () => {
    bench = await gpiodBench(generation);
    await bench.gpio.open();
    let done = false;
    void bench.gpio.pulse('relay', { count: 1, pulseMs: 3_600_000, gapMs: 0 }).then(() => {
      done = true;
    });
    await bench.kernel.until(() => relay() === 'high');
    expect(bench.kernel.calls.at(-1)).toContain(by);
    // Until it has said that it has its line.
    const fromMs = bench.clock.monotonicMs();
    await bench.passUntil(() => bench.clock.monotonicMs() >= fromMs + 1_000, 5);
    bench.clock.advance(3_590_000);
    await settle();
    expect([relay(), done]).toEqual(['high', false]);
    await bench.passUntil(() => done, 1_000);
    expect(relay()).toBe('low');
  });

  it('ends with what holds it', async () => {
    bench = await gpiodBench(generation);
    await bench.gpio.open();
    const running = faultOf(bench.gpio.pulse('relay', { count: 2, pulseMs: 3_600_000, gapMs: 3_600_000 }));
    await bench.kernel.until(() => relay() === 'high');
    process.kill(bench.kernel.holder('GPIO27')?.pid ?? 0, 'SIGKILL');
    expect(await running).toMatchObject({ code: 'output-fault' });
    expect(relay()).toBe('low');
  });
});

it.skipIf(missing)(`has no gap in a command line that is longer than gpioset can count${why}`, async () => {
  bench = await gpiodBench(2);
  await bench.gpio.open();
  let done = false;
  void bench.gpio.pulse('relay', { count: 2, pulseMs: 10, gapMs: 3_600_000 }).then(() => {
    done = true;
  });
  await bench.passUntil(() => done, 5_000);
  expect(relayCalls().filter((call) => call.includes('us'))).toEqual(Array(2).fill('gpioset -t 10000us,0 -c gpiochip0 27=1'));
});

it.skipIf(missing)(`goes on trying to hold what another program has, more and more slowly${why}`, async () => {
  bench = await gpiodBench(2);
  const busy = { refuses: 'No such device' };
  bench.kernel.act('gpioset', busy, busy, busy, busy);
  const startMs = bench.clock.monotonicMs();
  await bench.gpio.open();
  expect(bench.gpio.faults().map(({ line, fault }) => `${line} ${fault.code}`)).toEqual(['relay gpio-failed', 'valve gpio-failed']);
  await bench.passUntil(() => bench.gpio.faults().length === 0, 10);
  expect([relay(), bench.kernel.driven('GPIO6')]).toEqual(['low', 'high']);
  expect(bench.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(3_000);
  expect(bench.events()).toEqual(['gpio.output-not-inactive', 'gpio.output-not-inactive']);
});

it.skipIf(missing)(`tries no more often for having been asked often meanwhile${why}`, async () => {
  bench = await gpiodBench(2);
  await bench.gpio.open();
  const refusing = { refuses: 'No such device' };
  bench.kernel.act('gpioset', ...Array(24).fill(refusing));
  for (let asked = 0; asked < 10; asked++) {
    let done = false;
    void faultOf(bench.gpio.set('relay', true)).then(() => {
      done = true;
    });
    await bench.passUntil(() => done);
  }
  const before = relayCalls().length;
  const fromMs = bench.clock.monotonicMs();
  await bench.passUntil(() => bench.clock.monotonicMs() >= fromMs + 20_000, 10);
  expect(relayCalls().length - before).toBeLessThanOrEqual(3);
  await bench.passUntil(() => bench.gpio.faults().length === 0, 50);
});

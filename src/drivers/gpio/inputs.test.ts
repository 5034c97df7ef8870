import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Fault } from '../../domain/fault.ts';
import { type GpiodBench, gpiodBench } from '../../testkit/gpiod-bench.ts';
import { GPIOD_CHIPS } from '../../testkit/gpiod-board.ts';
import { needsGpiodPrograms } from '../../testkit/gpiod-programs.ts';

const { missing, why } = needsGpiodPrograms();

let bench: GpiodBench;
afterEach(() => bench.stop());

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => (error instanceof Fault ? error.code : error),
  );
const monitors = () => bench.kernel.calls.filter((call) => call.startsWith('gpiomon'));

describe.skipIf(missing).each([1, 2] as const)(`inputs by libgpiod %i${why}`, (generation) => {
  it('watches the inputs of one chip with one pull by one program', async () => {
    bench = await gpiodBench(generation, { debounceMs: 3 });
    await bench.gpio.open();
    const form = { 1: '-F %s %n %e %o gpiochip0', 2: '-p 3ms -F %S %e %o -c gpiochip0' }[generation];
    const start = { 1: 'gpiomon -b -B', 2: 'gpiomon --banner -b' }[generation];
    expect(monitors().toSorted()).toEqual([`${start} pull-down ${form} 5`, `${start} pull-up ${form} 17 22`]);
  });

  it('loses no edge of 1,500 while the event loop stands still for 700 ms', async () => {
    bench = await gpiodBench(generation);
    bench.kernel.act('gpiomon', { bursts: 1_500 }, { bursts: 1_500 });
    await bench.gpio.open();
    bench.kernel.burst('GPIO17');
    const until = performance.now() + 700;
    while (performance.now() < until);
    // All of them were taken although nobody read: gpiomon never had to wait, so the kernel had nothing to drop.
    expect(existsSync(join(bench.programs.folder, 'written'))).toBe(true);
    await bench.passUntil(() => bench.edges.length === 1_500);
    expect(bench.losses).toEqual([]);
    expect(bench.edges.at(-1)).toEqual({ line: 'coin', level: 'high', timestampNs: 1_150_900_000n, seqno: 1_500 });
  });

  it('reads the levels before it watches, and tells a change between the two as a loss', async () => {
    bench = await gpiodBench(generation);
    bench.kernel.drive('GPIO22', 'low');
    bench.kernel.act('gpiomon', 'silent', 'silent');
    const opening = bench.gpio.open();
    await bench.kernel.until(() => monitors().length === 2);
    bench.kernel.drive('GPIO17', 'low');
    bench.kernel.wake();
    await opening;
    expect(await Promise.all(['coin', 'button', 'float'].map((line) => bench.gpio.read(line)))).toEqual(['high', 'low', 'low']);
    bench.kernel.drive('GPIO17', 'high');
    await bench.passUntil(() => bench.edges.length === 1);
    expect(bench.losses).toEqual([1]);
    expect(bench.edges[0]).toMatchObject({ level: 'high', seqno: 2 });
  });

  it('starts gpiomon again, and says that nobody knows what was missed', async () => {
    bench = await gpiodBench(generation);
    bench.kernel.act('gpiomon', { crashes: 'error polling: No such device' }, { crashes: 'error polling: No such device' });
    await bench.gpio.open();
    bench.kernel.drive('GPIO17', 'low');
    await bench.passUntil(() => bench.edges.length === 1);
    bench.kernel.holder('GPIO17')?.end();
    await bench.passUntil(() => bench.losses.length === 1);
    expect(await codeOf(bench.gpio.read('coin'))).toBe('input-fault');
    bench.kernel.drive('GPIO17', 'high');
    await bench.passUntil(() => bench.events().includes('gpio.monitor-again'));
    expect(bench.losses).toEqual([0, 0]);
    expect(await bench.gpio.read('coin')).toBe('high');
    expect(bench.log.lines.find(({ event }) => event === 'gpio.monitor-died')?.fields).toMatchObject({
      found: 'gpiomon: error polling: No such device',
    });
    bench.kernel.drive('GPIO17', 'low');
    await bench.passUntil(() => bench.edges.length === 2);
    expect(bench.edges[1]?.seqno).toBe(4);
  });

  it('tries again, more and more slowly, while gpiomon cannot start', async () => {
    bench = await gpiodBench(generation);
    await bench.gpio.open();
    bench.kernel.act('gpioget', { refuses: 'no' }, { refuses: 'no' }, { refuses: 'no' });
    const tries = () => bench.kernel.calls.filter((call) => call.startsWith('gpioget')).length;
    const before = tries();
    process.kill(bench.kernel.holder('GPIO17')?.pid ?? 0, 'SIGKILL');
    const startMs = bench.clock.monotonicMs();
    await bench.passUntil(() => bench.events().includes('gpio.monitor-again'), 5);
    expect(tries() - before).toBeGreaterThanOrEqual(4);
    expect(bench.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(100 + 200 + 400 + 800);
    expect(bench.events().filter((event) => event === 'gpio.monitor-failed')).toHaveLength(1);
  });

  it('counts rows it does not know, and reads on', async () => {
    bench = await gpiodBench(generation);
    await bench.gpio.open();
    const holder = bench.kernel.holder('GPIO17');
    const row = { 1: '7 5 0 17\n', 2: '7.000000005 2 17\n' }[generation];
    const foreign = { 1: '7 5 0 99\n', 2: '7.000000005 2 99\n' }[generation];
    holder?.write(`${'x'.repeat(100_000)}\n\n7.5 9 17\n${foreign}${row.slice(0, 4)}`);
    await bench.passUntil(() => bench.events().includes('gpio.row-unknown'));
    holder?.write(row.slice(4));
    await bench.passUntil(() => bench.edges.length === 1);
    expect(bench.edges[0]).toMatchObject({ level: 'low', timestampNs: 7_000_000_005n });
  });

  it('says a FIFO that was full: then the kernel may have dropped something', async () => {
    bench = await gpiodBench(generation);
    bench.kernel.act('gpiomon', { bursts: 4_000 }, { bursts: 4_000 });
    await bench.gpio.open();
    bench.kernel.burst('GPIO17');
    const until = performance.now() + 500;
    while (performance.now() < until);
    await bench.passUntil(() => bench.edges.length === 4_000);
    expect(bench.losses).toContain(0);
    expect(bench.events()).toContain('gpio.edges-late');
  });

  it('leaves nothing behind', async () => {
    bench = await gpiodBench(generation);
    vi.stubEnv('TMPDIR', bench.programs.folder);
    const before = readdirSync(bench.programs.folder);
    await bench.gpio.open();
    vi.unstubAllEnvs();
    expect(readdirSync(bench.programs.folder)).toEqual(before);
    const pid = bench.kernel.holder('GPIO17')?.pid ?? 0;
    await bench.gpio.close();
    expect(() => process.kill(pid, 0)).toThrow();
    await bench.kernel.until(() => bench.kernel.running === 0);
  });
});

describe.skipIf(missing).each([1, 2] as const)(`opening with libgpiod %i${why}`, (generation) => {
  it('waits for rights that udev has not given yet', async () => {
    bench = await gpiodBench(generation);
    bench.kernel.forbidden = true;
    const opening = bench.gpio.open();
    await bench.passUntil(() => bench.events().includes('gpio.not-yet'));
    expect(bench.log.lines[0]?.fields.error).toMatchObject({ code: 'gpio-forbidden', remedy: expect.stringContaining('group gpio') });
    bench.kernel.forbidden = false;
    let open = false;
    void opening.then(() => {
      open = true;
    });
    await bench.passUntil(() => open);
    await opening;
    expect(await bench.gpio.read('coin')).toBe('high');
  });

  it('waits for its chip for ten seconds, then says what is there', async () => {
    bench = await gpiodBench(generation);
    bench.kernel.chips = bench.kernel.chips.slice(1);
    const startMs = bench.clock.monotonicMs();
    let code: unknown = null;
    void codeOf(bench.gpio.open()).then((found) => {
      code = found;
    });
    await bench.passUntil(() => code !== null, 10);
    expect(code).toBe('gpio-chip-missing');
    expect(bench.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(10_000);
    expect(bench.log.lines[0]?.fields.error).toMatchObject({ found: 'other', expected: 'pinctrl-test' });
  });

  it('waits for lines that another program holds', async () => {
    bench = await gpiodBench(generation);
    const busy = { 1: 'error waiting for events: Device or resource busy', 2: 'unable to request lines: Device or resource busy' }[
      generation
    ];
    bench.kernel.act('gpiomon', { refuses: busy });
    let open = false;
    void bench.gpio.open().then(() => {
      open = true;
    });
    await bench.passUntil(() => open);
    expect(bench.log.lines[0]).toMatchObject({ event: 'gpio.not-yet', fields: { error: { code: 'gpio-busy' } } });
    expect(bench.kernel.driven('GPIO27')).toBe('low');
  });

  it('gives up waiting when it is closed', async () => {
    bench = await gpiodBench(generation);
    bench.kernel.forbidden = true;
    const opening = codeOf(bench.gpio.open());
    await bench.passUntil(() => bench.events().includes('gpio.not-yet'));
    await bench.gpio.close();
    expect(await opening).toBe('gpio-closed');
  });

  it('tells a gpiomon that dies at once from one that is slow', async () => {
    bench = await gpiodBench(generation);
    bench.kernel.act('gpiomon', { refuses: 'unable to request lines: Invalid argument' });
    expect(await codeOf(bench.gpio.open())).toBe('gpio-failed');
    await bench.kernel.until(() => bench.kernel.running === 0);
    bench.kernel.act('gpiomon', 'silent', 'silent');
    let code: unknown = null;
    void codeOf(bench.gpio.open()).then((found) => {
      code = found;
    });
    await bench.kernel.until(() => monitors().length === 4);
    await bench.passUntil(() => code !== null, 10);
    expect(code).toBe('gpio-failed');
  });
});

describe.skipIf(missing)(`where lines are found${why}`, () => {
  const lines = GPIOD_CHIPS[0]?.lines ?? [];
  const without = (name: string) => lines.map((each) => (each === name ? null : each));

  it('on the chip that has the line, of several with one label', async () => {
    const chips = [
      { chip: 'gpiochip3', label: 'pinctrl-test', lines: lines.map((name) => (name === 'GPIO17' ? name : null)) },
      { chip: 'gpiochip4', label: 'pinctrl-test', lines: without('GPIO17') },
    ];
    bench = await gpiodBench(2, { chips });
    await bench.gpio.open();
    expect(
      monitors()
        .map((call) => call.slice(call.indexOf('-c ')))
        .toSorted(),
    ).toEqual(['-c gpiochip3 17', '-c gpiochip4 22', '-c gpiochip4 5']);
    expect(bench.kernel.driven('GPIO27')).toBe('low');
  });

  it.each([
    ['missing', [{ chip: 'gpiochip0', label: 'pinctrl-test', lines: without('GPIO22') }]],
    ['ambiguous', [{ chip: 'gpiochip0', label: 'pinctrl-test', lines: [...lines, 'GPIO22'] }]],
  ])('a name that is %s is a fault of the board file, and nothing is driven', async (kind, chips) => {
    bench = await gpiodBench(1, { chips });
    const fault = await bench.gpio.open().catch((error: unknown) => error);
    expect(fault).toMatchObject({ blame: 'configuration', code: `gpio-line-${kind}`, found: 'GPIO22' });
    expect(bench.kernel.calls.some((call) => call.startsWith('gpioset'))).toBe(false);
  });
});

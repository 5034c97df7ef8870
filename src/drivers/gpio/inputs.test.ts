import { existsSync, readdirSync, renameSync } from 'node:fs';
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
/** All of the board, outputs first. */
const LINES = ['relay', 'valve', 'coin', 'button', 'float'];
const faults = () => bench.gpio.faults().map(({ line, fault }) => `${line} ${fault.code}`);
const relayCalls = (from: number) => bench.kernel.calls.slice(from).filter((call) => call.startsWith('gpioset') && call.includes(' 27='));
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

  it('waits for its chip for ten seconds, and then goes on looking for it, more and more slowly', async () => {
    bench = await gpiodBench(generation);
    const chip = bench.kernel.unplug('gpiochip0');
    const startMs = bench.clock.monotonicMs();
    let open = false;
    void bench.gpio.open().then(() => {
      open = true;
    });
    await bench.passUntil(() => open, 10);
    expect(bench.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(10_000);
    expect(faults()).toEqual(LINES.map((line) => `${line} gpio-chip-missing`));
    expect(bench.gpio.faults()[0]?.fault).toMatchObject({ found: 'other', expected: 'pinctrl-test' });
    expect(bench.events()).toEqual(['gpio.not-yet']);
    const looks = () => bench.kernel.calls.filter((call) => call === 'gpiodetect').length;
    const before = looks();
    const fromMs = bench.clock.monotonicMs();
    await bench.passUntil(() => bench.clock.monotonicMs() >= fromMs + 40_000, 25);
    expect(looks() - before).toBeGreaterThanOrEqual(3);
    expect(looks() - before).toBeLessThanOrEqual(5);
    bench.kernel.plug(chip);
    await bench.passUntil(() => faults().length === 0, 5);
    // As soon as there is a new chip, whatever the pause.
    expect(bench.kernel.driven('GPIO27')).toBe('low');
    expect(bench.events()).toEqual(['gpio.not-yet', 'gpio.all-there']);
  });

  it('begins without libgpiod, and takes the pins up when it is there', async () => {
    bench = await gpiodBench(generation);
    const [from, to] = [join(bench.programs.folder, 'gpiodetect'), join(bench.programs.folder, 'hidden')];
    renameSync(from, to);
    await bench.gpio.open();
    expect(faults()).toEqual(LINES.map((line) => `${line} gpiod-missing`));
    renameSync(to, from);
    await bench.passUntil(() => faults().length === 0, 5);
    expect(await bench.gpio.read('coin')).toBe('high');
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
    expect(bench.log.lines[0]).toMatchObject({ event: 'gpio.monitor-failed', fields: { error: { code: 'gpio-busy' } } });
    expect(faults()).toEqual([]);
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
    bench.kernel.act('gpiomon', { refuses: 'unable to request lines: Invalid argument' }, 'silent');
    let open = false;
    void bench.gpio.open().then(() => {
      open = true;
    });
    await bench.kernel.until(() => monitors().length === 2);
    expect(open).toBe(false);
    await bench.passUntil(() => open, 10);
    expect(bench.log.lines.map(({ fields }) => (fields.error as Fault | undefined)?.found)).toEqual(
      expect.arrayContaining([expect.stringContaining('Invalid argument'), 'nothing within 5000 ms']),
    );
    await bench.passUntil(() => faults().length === 0, 10);
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
  ])('a name that is %s is told as a fault of the board file, and the other pins are used', async (kind, chips) => {
    bench = await gpiodBench(1, { chips });
    await bench.gpio.open();
    expect(bench.gpio.faults()).toEqual([
      { line: 'button', fault: expect.objectContaining({ blame: 'configuration', code: `gpio-line-${kind}`, found: 'GPIO22' }) },
    ]);
    expect(await codeOf(bench.gpio.read('button'))).toBe('input-fault');
    await bench.gpio.set('relay', true);
    bench.kernel.drive('GPIO17', 'low');
    await bench.passUntil(() => bench.edges.length === 1);
  });

  it('again by their label when the chip comes back under another number, and never on one that has the old number', async () => {
    bench = await gpiodBench(2);
    await bench.gpio.open();
    await bench.gpio.set('relay', true);
    const chip = bench.kernel.unplug('gpiochip0');
    bench.kernel.plug({ ...chip, label: 'a stranger', lines: chip.lines.map((name) => `foreign ${name}`) });
    bench.kernel.plug({ ...chip, chip: 'gpiochip4' });
    const before = bench.kernel.calls.length;
    await bench.gpio.set('relay', true);
    expect(relayCalls(before)).toEqual(['gpioset --banner -c gpiochip4 27=0', 'gpioset --banner -c gpiochip4 27=1']);
    expect(bench.log.lines[0]).toMatchObject({ event: 'gpio.chip-gone', fields: { chips: ['gpiochip0'] } });
    bench.kernel.drive('GPIO17', 'low');
    await bench.passUntil(() => bench.edges.length === 1);
    await bench.gpio.close();
    expect(bench.kernel.calls.slice(before).filter((call) => call.includes('gpiochip0') && !call.startsWith('gpioinfo'))).toEqual([]);
  });

  it('again when a chip under the same number is another, by itself', async () => {
    bench = await gpiodBench(2);
    await bench.gpio.open();
    const chip = bench.kernel.unplug('gpiochip0');
    await bench.passUntil(() => faults().length === LINES.length);
    expect(await codeOf(bench.gpio.set('relay', true))).toBe('output-fault');
    bench.kernel.plug(chip);
    await bench.passUntil(() => faults().length === 0);
    expect(bench.kernel.driven('GPIO27')).toBe('low');
    expect(bench.losses.length).toBeGreaterThan(0);
    expect(bench.kernel.running).toBe(4);
  });
});

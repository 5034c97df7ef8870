import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { GPIOD_CHIPS } from '../../testkit/gpiod-board.ts';
import { GpiodKernel } from '../../testkit/gpiod-kernel.ts';
import { needsGpiodPrograms } from '../../testkit/gpiod-programs.ts';

const CHILD = fileURLToPath(new URL('../../testkit/gpiod-child.ts', import.meta.url));

const { missing, why } = needsGpiodPrograms();

let kernel: GpiodKernel;
afterEach(() => kernel.stop());

describe.skipIf(missing).each([
  [1, true],
  [1, false],
  [2, true],
] as const)(`when tilld is killed, with libgpiod %i and a kernel that keeps lines driven: %s${why}`, (generation, persists) => {
  it('leaves no output driven and no line held', async () => {
    kernel = new GpiodKernel({ generation, persists, chips: GPIOD_CHIPS, clock: new FakeClock() });
    const { env } = await kernel.start();
    const child = spawn(process.execPath, [CHILD], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await kernel.until(() => kernel.trains === 1);
    expect([kernel.driven('GPIO27'), kernel.driven('GPIO6')]).toEqual(['high', 'low']);
    const offs = () =>
      [
        ['GPIO27', 'low'],
        ['GPIO6', 'high'],
      ].map(([name = '', off]) => kernel.changes(name).filter(({ level }) => level === off).length);
    const [relay = 0, valve = 0] = offs();
    child.kill('SIGKILL');
    // Its programs end with it, and the guards switch off what the kernel may have left on.
    await kernel.until(() => kernel.running === 0 && (offs()[0] ?? 0) > relay && (offs()[1] ?? 0) > valve);
    const form = generation === 1 ? 'gpioset -m exit gpiochip0' : 'gpioset -t 0 -c gpiochip0';
    expect(kernel.calls).toEqual(expect.arrayContaining([`${form} 27=0`, `${form} 6=1`]));
    const after = persists ? ['low', 'high'] : [null, null];
    expect([kernel.driven('GPIO27'), kernel.driven('GPIO6')]).toEqual(after);
    expect(kernel.holder('GPIO17')).toBe(null);
  });
});

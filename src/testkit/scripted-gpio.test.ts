import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from './clock.ts';
import { gpioContract } from './gpio-contract.ts';
import { type GpioStep, ScriptedGpio } from './scripted-gpio.ts';

gpioContract('the scripted pins', (steps) => {
  const clock = new FakeClock();
  const gpio = new ScriptedGpio(clock, { in: 'high' }, ['out'], steps);
  return {
    gpio,
    drive: async (level) => {
      gpio.drive('in', level);
      await settle();
    },
    lose: async (count) => gpio.lose('in', count),
    away: async (away) => gpio.away(away),
    active: () => gpio.active('out'),
    elapse: (ms) => clock.flow(ms, 10),
    passUntil: async (when) => {
      for (let ms = 0; ms < 60_000 && !when(); ms += 50) await clock.flow(50);
    },
    finish: () => gpio.finish(),
  };
});

describe('the script of pins', () => {
  const scripted = async (...steps: GpioStep[]) => {
    const gpio = new ScriptedGpio(new FakeClock(), {}, ['out', 'other'], steps);
    await gpio.open();
    return gpio;
  };

  it('fails on a step that never came', async () => {
    const gpio = await scripted({ set: 'out', active: true }, { set: 'out', active: false });
    await gpio.set('out', true);
    expect(() => gpio.finish()).toThrow('never came');
  });

  it('fails on a call it does not have, also when the caller swallowed that', async () => {
    const gpio = await scripted();
    await gpio.set('out', true).catch(() => undefined);
    expect(() => gpio.finish()).toThrow('does not have');
  });

  it('fails on another order', async () => {
    const gpio = await scripted({ set: 'out', active: true }, { set: 'other', active: true });
    await expect(gpio.set('other', true)).rejects.toThrow();
  });
});

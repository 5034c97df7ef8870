import { expect, it } from 'vitest';
import { FakeClock } from './clock.ts';
import { type IctOrder, ScriptedIctDevice } from './ict-device.ts';

it.each<[string, IctOrder[], number[], number]>([
  ['orders that never came', ['disable'], [0x0c], 0],
  ['orders that nobody expected', [], [0x3e], 0],
  ['orders that are others', ['enable'], [0x5e], 0],
  ['bytes that are none', ['enable'], [0xa5], 0],
  ['a power-up answered too late', ['reset', 'accept'], [0x30, 0x02], 2_000],
])('a scripted bill acceptor fails on %s', (_, script, bytes, betweenMs) => {
  const clock = new FakeClock();
  const device = new ScriptedIctDevice(clock, script);
  for (const byte of bytes) {
    device.receive(Uint8Array.of(byte));
    clock.advance(betweenMs);
  }
  expect(() => device.finish()).toThrow();
});

it('a scripted bill acceptor gives a note back that nobody answers about, after 5 s', () => {
  const clock = new FakeClock();
  const device = new ScriptedIctDevice(clock, ['enable', 'hold']);
  const said: number[] = [];
  device.say = (bytes) => said.push(...bytes);
  expect(device.insert(2)).toBe(false);
  device.receive(Uint8Array.of(0x3e));
  expect(device.insert(2)).toBe(true);
  clock.advance(4_900);
  device.receive(Uint8Array.of(0x18));
  clock.advance(4_900);
  expect([device.returned, said]).toEqual([[], [0x81, 0x41]]);
  clock.advance(100);
  expect([device.returned, said]).toEqual([[2], [0x81, 0x41, 0x11]]);
  device.finish();
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SettingsPush } from '../domain/remote.ts';
import { settle } from '../testkit/clock.ts';
import { ScriptedRemote } from '../testkit/scripted-remote.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;
let remote: ScriptedRemote;

beforeEach(async () => {
  remote = new ScriptedRemote();
  bench = await new TestBox({ dress: (gateway) => Object.assign(gateway, { remote }) }).start();
});

afterEach(() => bench.end());

async function push(version: number, settings: Extract<SettingsPush, { settings: unknown }>['settings']): Promise<void> {
  await bench.gateway.tell({ kind: 'settings', push: { version, settings } });
  await settle();
}

describe('settings from the backend', () => {
  it('take effect at once, are answered, and hold over a restart', async () => {
    await push(3, { volume: 80, language: 'id', heartbeatSeconds: 30 });
    expect([bench.volume, bench.language]).toEqual([80, 'id']);
    // The screen is the same one, in other words.
    expect(bench.screens.slice(-2).map(({ kind }) => kind)).toEqual([bench.box.screen().kind, bench.box.screen().kind]);
    expect(bench.box.status()).toMatchObject({ volume: 80, language: 'id' });
    expect(remote.told()).toEqual(['3 done']);
    const beats = bench.gateway.states.length;
    await bench.clock.flow(30_100);
    expect(bench.gateway.states.length).toBe(beats + 1);
    await bench.cut();
    await bench.start();
    expect([bench.volume, bench.language]).toEqual([80, 'id']);
  });

  it('leave what they do not name', async () => {
    await push(1, { volume: 80 });
    await push(2, { language: 'th' });
    expect([bench.volume, bench.language]).toEqual([80, 'th']);
  });

  it('are applied once and in the order of their versions only', async () => {
    await push(5, { volume: 80 });
    await push(5, { volume: 10 });
    await push(4, { volume: 20 });
    await bench.cut();
    await bench.start();
    await push(5, { volume: 30 });
    await push(6, { volume: 40 });
    expect(remote.told()).toEqual(['5 done', '5 ignored settings-known', '4 ignored settings-old', '5 ignored settings-known', '6 done']);
    expect(bench.volume).toBe(40);
  });

  it('that cannot be used change nothing, not even the version', async () => {
    await bench.gateway.tell({
      kind: 'settings',
      push: { version: 7, refusal: { code: 'settings-invalid', reason: 'volume: found 200, expected 0 to 100' } },
    });
    await push(2, { volume: 40 });
    expect(remote.told()).toEqual(['7 refused settings-invalid', '2 done']);
  });

  it('are answered when the link is back', async () => {
    remote.open = false;
    await push(1, { volume: 80 });
    expect(bench.store.outboxSize('ack').waiting).toBe(1);
    remote.open = true;
    bench.gateway.reconnect();
    await settle();
    expect(remote.told()).toEqual(['1 done']);
    expect(bench.store.outboxSize('ack').waiting).toBe(0);
  });
});

describe('the volume keys', () => {
  it('go up and down in steps, are heard, and end at either end', async () => {
    for (const key of ['volume-up', 'volume-up', 'volume-up']) bench.box.press(key);
    await settle();
    expect(bench.volume).toBe(100);
    for (let n = 0; n < 6; n++) bench.box.press('volume-down');
    await settle();
    expect(bench.volume).toBe(20);
    expect(bench.said.map(({ phrase }) => phrase)).toEqual([
      'volume-up',
      'volume-max',
      'volume-max',
      'volume-down',
      'volume-down',
      'volume-down',
      'volume-min',
      'volume-min',
      'volume-min',
    ]);
  });

  it('never make a silent or a whispering box louder when they are to make it softer', async () => {
    await push(1, { volume: 10 });
    bench.box.press('volume-down');
    await settle();
    expect(bench.volume).toBe(10);
    await push(2, { volume: 0 });
    bench.box.press('volume-down');
    await settle();
    expect(bench.volume).toBe(0);
    bench.box.press('volume-up');
    await settle();
    expect(bench.volume).toBe(20);
  });
});

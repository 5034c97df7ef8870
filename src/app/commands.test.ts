import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JsonObject, parseJson } from '../domain/json.ts';
import { StoreFault } from '../domain/store-fault.ts';
import { settle } from '../testkit/clock.ts';
import { QR_VECTORS } from '../testkit/qr-vectors.ts';
import { ScriptedRemote } from '../testkit/scripted-remote.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;
let remote: ScriptedRemote;

beforeEach(async () => {
  remote = new ScriptedRemote();
  bench = await new TestBox({ dress: (gateway) => Object.assign(gateway, { remote }) }).start();
});

afterEach(() => bench.end());

async function command(id: string, name: string, parameters: object = {}): Promise<void> {
  const read = parseJson(new TextEncoder().encode(JSON.stringify(parameters)), 16_384) as JsonObject;
  await bench.gateway.tell({ kind: 'command', command: { id, name, parameters: read } });
  await settle();
}

describe('commands', () => {
  it('test the speaker, set the volume, show which box this is', async () => {
    await command('c-1', 'test_speaker');
    await command('c-2', 'set_volume', { volume: 35 });
    await command('c-3', 'identify');
    expect(remote.told()).toEqual(['c-1 done', 'c-2 done', 'c-3 done']);
    expect(bench.said).toEqual([{ phrase: 'test', amount: null }]);
    expect([bench.volume, bench.beeps]).toEqual([35, 1]);
    expect(bench.box.screen()).toEqual({ kind: 'identify', serial: 'T-1' });
    await bench.clock.flow(10_100);
    expect(bench.box.screen().kind).toBe('idle');
  });

  it('show a QR that belongs to no sale, for as long as was said', async () => {
    await command('c-1', 'show_qr', { qr_payload: QR_VECTORS.qrisStatic, seconds: 20 });
    expect(remote.told()).toEqual(['c-1 done']);
    expect(bench.box.screen()).toMatchObject({ kind: 'show-qr', qr: QR_VECTORS.qrisStatic });
    await bench.clock.flow(20_100);
    expect(bench.box.screen().kind).toBe('idle');
  });

  it('tell the time and hand out the log', async () => {
    await command('c-1', 'sync_time', { timestamp: '2026-05-23T10:00:00Z' });
    expect(remote.times).toEqual([Date.UTC(2026, 4, 23, 10)]);
    bench.log.info('something.happened');
    await command('c-2', 'upload_logs');
    expect(remote.told()).toEqual(['c-1 done', 'c-2 done']);
    expect(remote.acks[1]?.result?.lines).toContainEqual(expect.stringContaining('something.happened'));
  });

  it.each([
    ['set_volume', { volume: 101 }],
    ['set_volume', {}],
    ['sync_time', { timestamp: 'yesterday' }],
    ['show_qr', { qr_payload: 'https://example.com' }],
    ['show_qr', { qr_payload: `${QR_VECTORS.qrisStatic.slice(0, -1)}#` }],
    ['show_qr', { qr_payload: QR_VECTORS.qrisStatic, seconds: 4 }],
  ])('with parameters that cannot be used are refused: %s %j', async (name, parameters) => {
    await command('c-1', name, parameters);
    expect(remote.acks).toMatchObject([{ about: { command: 'c-1', name }, state: 'refused' }]);
    expect(remote.acks[0]?.reason).not.toBe('');
    expect(bench.box.screen().kind).toBe('idle');
  });

  it('that nobody knows are refused', async () => {
    await command('c-1', 'format_disk');
    await command('c-2', '__proto__');
    expect(remote.told()).toEqual(['c-1 refused command-unknown', 'c-2 refused command-unknown']);
  });

  it('are carried out once, however often they come, over restarts too', async () => {
    await command('c-1', 'test_speaker');
    await command('c-1', 'test_speaker');
    await bench.cut();
    await bench.start();
    await command('c-1', 'set_volume', { volume: 1 });
    expect(remote.told()).toEqual(['c-1 done']);
    expect(bench.said).toHaveLength(1);
  });

  it('wait for each other, in order', async () => {
    bench.speaking = new Promise(() => undefined);
    await command('c-1', 'test_speaker');
    await command('c-2', 'set_volume', { volume: 5 });
    expect(remote.told()).toEqual([]);
    await bench.clock.flow(61_000);
    expect(remote.told()).toEqual(['c-1 failed command-timeout', 'c-2 done']);
  });

  it('that come just as the one before is answered are not left lying', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const tell = (id: string) => bench.gateway.tell({ kind: 'command', command: { id, name: 'test_speaker', parameters: {} } });
      const first = tell(`a-${turns}`);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await Promise.all([first, tell(`b-${turns}`)]);
      await settle();
      expect(remote.told()).toHaveLength(2 * turns + 2);
    }
  });

  it('that a power cut broke off are answered as such, and the others are carried out', async () => {
    bench.speaking = new Promise(() => undefined);
    await command('c-1', 'test_speaker');
    await command('c-2', 'set_volume', { volume: 5 });
    await bench.cut();
    bench.speaking = null;
    await bench.start();
    expect(remote.told()).toEqual(['c-1 failed command-interrupted', 'c-2 done']);
    expect(bench.said).toHaveLength(1);
  });

  it('that set the time count how long they have waited, and come to nothing when nobody knows', async () => {
    const TEN = Date.UTC(2026, 4, 23, 10);
    const sync = (id: string) => command(id, 'sync_time', { timestamp: '2026-05-23T10:00:00Z' });
    const speech = Promise.withResolvers<void>();
    bench.speaking = speech.promise;
    await command('c-1', 'test_speaker');
    await sync('c-2');
    await bench.clock.flow(30_000);
    speech.resolve();
    await settle();
    expect(remote.times).toEqual([TEN + 30_000]);
    bench.speaking = new Promise(() => undefined);
    await command('c-3', 'test_speaker');
    await sync('c-4');
    await bench.cut();
    bench.speaking = null;
    await bench.start();
    await settle();
    expect(remote.told().at(-1)).toBe('c-4 failed time-stale');
    expect(remote.times).toHaveLength(1);
  });

  it.each(['restart', 'reboot'])('%s is accepted before and confirmed when the box is back', async (name) => {
    await command('c-1', name);
    await bench.clock.flow(200);
    expect(remote.told()).toEqual(['c-1 accepted']);
    expect(bench.power).toEqual([name]);
    await bench.cut();
    await bench.start();
    await settle();
    expect(remote.told()).toEqual(['c-1 accepted', 'c-1 done']);
    expect(bench.power).toHaveLength(1);
  });

  it('a restart is begun once, whatever comes while the process ends', async () => {
    await command('c-1', 'restart');
    await bench.clock.flow(200);
    await command('c-2', 'set_volume', { volume: 5 });
    await bench.clock.flow(6_000);
    expect([remote.told(), bench.power]).toEqual([['c-1 accepted'], ['restart']]);
    await bench.cut();
    await bench.start();
    expect(remote.told()).toEqual(['c-1 accepted', 'c-1 done', 'c-2 done']);
  });

  it('are begun once also when their end cannot be recorded, and answered when it can', async () => {
    const speaking = Promise.withResolvers<void>();
    bench.speaking = speaking.promise;
    await command('c-1', 'test_speaker');
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = () => {
      throw new StoreFault('No room', { code: 'store-full', outcome: 'refused' });
    };
    speaking.resolve();
    await settle();
    bench.store.commit = commit;
    await bench.clock.flow(1_100);
    expect(remote.told()).toEqual(['c-1 failed command-interrupted']);
    expect(bench.said).toHaveLength(1);
  });

  it('that break in a way nobody thought of are answered, and do not hold up the next', async () => {
    bench.speaking = Promise.reject(new Error('no such thing'));
    await command('c-1', 'test_speaker');
    await command('c-2', 'set_volume', { volume: 5 });
    await bench.clock.flow(1_100);
    expect(remote.told()).toEqual(['c-1 failed command-failed', 'c-2 done']);
    expect(bench.said).toHaveLength(1);
  });

  it('larger than the journal can keep are refused, and do not block what comes after', async () => {
    bench.speaking = new Promise(() => undefined);
    await command('c-1', 'test_speaker');
    for (const n of [2, 3, 4, 5, 6]) await command(`c-${n}`, 'set_volume', { volume: 5, more: 'x'.repeat(9_950) });
    await command('c-7', 'set_volume', { volume: 6, more: 'x'.repeat(15_900) });
    await bench.clock.flow(200);
    expect(remote.told()).toEqual(['c-7 refused command-queue-full']);
  });

  it('keep no card data', async () => {
    bench.speaking = new Promise(() => undefined);
    await command('c-1', 'test_speaker');
    await command('c-2', 'set_volume', { volume: 'card 4111111111111111', pan: 4111111111111111 });
    expect(bench.store.fact('command.open')).not.toContain('4111111111111111');
    await bench.clock.flow(61_000);
    expect(remote.told()).toEqual(['c-1 failed command-timeout', 'c-2 refused message-invalid']);
  });

  it('a restart does not wait for ever for its acceptance to get away', async () => {
    remote.open = false;
    await command('c-1', 'restart');
    expect(bench.power).toEqual([]);
    await bench.clock.flow(5_200);
    expect(bench.power).toEqual(['restart']);
  });
});

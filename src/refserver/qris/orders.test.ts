import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeCommandAck, encodeConfigAck, encodeHeartbeat } from '../../protocols/qris-soundbox/codec.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { memoryLog } from '../../testkit/log.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type QrisWireBox, qrisBox } from '../../testkit/qris-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

const log = memoryLog();
let clock: FakeClock;
let backend: ReferenceBackend;
let box: QrisWireBox;
let folder: string;

const start = async () => {
  const stateFile = join(folder, 'state.sqlite');
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy(), log, stateFile });
  box = await qrisBox(backend.mqttUrl);
};
beforeEach(async () => {
  log.lines.length = 0;
  clock = new FakeClock();
  folder = await mkdtemp(join(tmpdir(), 'tilld-qris-'));
  await start();
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
  await rm(folder, { recursive: true });
});

const post = async (path: string, body: object) => {
  const { status, text } = await control(backend.httpUrl, 'POST', `qris/${path}`, body);
  return { status, ...JSON.parse(text) };
};
const list = async (name: string) => JSON.parse((await control(backend.httpUrl, 'GET', `qris/${name}`)).text)[name];
const configure = (more = {}) => post('config', { deviceId: 'sbx_001', settings: { volume: 80 }, ...more });
const command = (more = {}) => post('command', { deviceId: 'sbx_001', name: 'test_speaker', ...more });

describe('settings', () => {
  test('go out as documented, and their version grows by one', async () => {
    const settings = { volume: 80, language: 'id-ID', heartbeat_interval_seconds: 60 };
    const { status, order } = await configure({ settings });
    expect(status).toBe(201);
    expect(await box.next()).toEqual({
      topic: 'devices/sbx_001/downlink/config/push',
      text: '{"message_type":"config_push","config_version":1,"settings":{"volume":80,"language":"id-ID","heartbeat_interval_seconds":60}}',
      retain: false,
      qos: 1,
    });
    await configure();
    expect((await box.hear()).message.config_version).toBe(2);
    expect((await post('config', { deviceId: 'sbx_002', settings: {} })).order.version).toBe(1);
    expect(await list('orders')).toMatchObject([{ deviceId: 'sbx_002' }, { version: 2 }, order]);
  });

  test('can be given any version, and anything a box should refuse', async () => {
    await configure({ version: 7 });
    await configure({ version: 3, settings: { volume: 999, colour: ['x'] } });
    await configure();
    const heard = [await box.hear(), await box.hear(), await box.hear()];
    expect(heard.map(({ message }) => message.config_version)).toEqual([7, 3, 8]);
    expect(heard[1]?.message.settings).toEqual({ volume: 999, colour: ['x'] });
  });

  test.each([
    [{ deviceId: '+' }],
    [{ settings: [] }],
    [{ settings: 'x' }],
    [{ settings: null }],
    [{ version: 0 }],
    [{ version: 2 ** 31 + 1 }],
    [{ version: '3' }],
    [{ more: 1 }],
  ])('%j are refused and not sent', async (change) => {
    expect(await configure(change)).toMatchObject({ status: 400, error: { code: 'request-invalid' } });
    expect(await list('orders')).toEqual([]);
  });
});

describe('a command', () => {
  test('goes out as documented, under a new id', async () => {
    const { status, order } = await command();
    expect(status).toBe(201);
    expect(order.commandId).toMatch(/^cmd_[0-9A-Za-z]{20}$/);
    expect(await box.next()).toEqual({
      topic: 'devices/sbx_001/downlink/command',
      text: `{"message_type":"command","command_id":"${order.commandId}","command_name":"test_speaker","parameters":{}}`,
      retain: false,
      qos: 1,
    });
    expect((await command()).order.commandId).not.toBe(order.commandId);
  });

  test('goes out again under a given id, with its parameters', async () => {
    const same = { commandId: 'cmd_123', name: 'set_volume', parameters: { volume: 40 } };
    await command(same);
    await command(same);
    const first = await box.hear();
    expect(first).toEqual(await box.hear());
    expect(first.message).toMatchObject({ command_id: 'cmd_123', parameters: { volume: 40 } });
    expect(await list('orders')).toHaveLength(2);
  });

  test('is sent with whatever it holds, and kept without card data', async () => {
    const parameters = { text: 'no 4111111111111111', n: 4_111_111_111_111_111, list: [{ '378282246310005': null }] };
    await command({ commandId: '4111111111111111', parameters });
    expect((await box.hear()).message).toMatchObject({ command_id: '4111111111111111', parameters });
    expect(JSON.stringify(await list('orders'))).not.toMatch(/4111111111111111|378282246310005/);
  });

  test.each([[{ deviceId: 7 }], [{ name: '' }], [{ name: 'a b' }], [{ parameters: [] }], [{ commandId: 'x'.repeat(65) }], [{ more: 1 }]])(
    '%j is refused and not sent',
    async (change) => {
      expect(await command(change)).toMatchObject({ status: 400, error: { code: 'request-invalid' } });
      expect(await list('orders')).toEqual([]);
    },
  );
});

describe('what boxes say', () => {
  const answer = { deviceId: 'sbx_001', reason: '', code: '', atMs: Date.UTC(2026, 4, 23, 10) };
  const configAck = encodeConfigAck({ ...answer, version: 3, status: 'applied' });
  const commandAck = encodeCommandAck({
    ...answer,
    command: 'cmd_123',
    name: 'upload_logs',
    status: 'done',
    result: { lines: ['card 4111111111111111', 'x'.repeat(30_000)] },
  });
  const beat = (volume: number) =>
    encodeHeartbeat({
      deviceId: 'sbx_001',
      atMs: clock.wallMs(),
      firmwareVersion: '1.0.3',
      state: 'idle',
      networkStrength: volume,
      batteryLevel: null,
    });
  /** Resolves when the backend has taken everything said before: what a box says is taken in order. */
  const settled = async () => {
    await box.say('config/ack', configAck);
    await expect.poll(async () => (await list('acks')).some(({ ack }: { ack: { kind: string } }) => ack.kind === 'config')).toBe(true);
  };

  test('answers are kept, and the same one again is counted', async () => {
    await box.say('command/ack', commandAck);
    await box.say('command/ack', commandAck);
    await settled();
    expect(await list('acks')).toEqual([
      { ack: { kind: 'config', ...answer, version: 3, status: 'applied' }, copies: 1, receivedAtMs: clock.wallMs() },
      {
        ack: {
          kind: 'command',
          ...answer,
          command: 'cmd_123',
          name: 'upload_logs',
          status: 'done',
          result: { lines: ['card 411111******1111', 'x'.repeat(30_000)] },
        },
        copies: 2,
        receivedAtMs: clock.wallMs(),
      },
    ]);
  });

  test('the last heartbeat of each box is shown', async () => {
    await box.say('heartbeat', beat(10));
    await box.say('heartbeat', beat(78));
    await settled();
    expect(await list('heartbeats')).toMatchObject([
      { heartbeat: { deviceId: 'sbx_001', state: 'idle', networkStrength: 78, batteryLevel: null }, receivedAtMs: clock.wallMs() },
    ]);
  });

  test('what is not usable is logged by kind, and quoted nowhere', async () => {
    await box.say('heartbeat', '{"state":"4111111111111111"}');
    await box.say('command/ack', configAck);
    await settled();
    const refused = log.lines.filter(({ event }) => event === 'qris.uplink-refused').map(({ fields }) => fields.kind);
    expect(refused).toEqual(['heartbeat', 'command/ack']);
    expect(JSON.stringify(log.lines)).not.toContain('4111111111111111');
    expect(await list('heartbeats')).toEqual([]);
  });

  test('a restart loses none of it, nor the count of the versions', async () => {
    await configure({ version: 41 });
    await post('announce', { deviceId: 'sbx_001', amount: 700 });
    await box.say('heartbeat', beat(50));
    await settled();
    const all = async () => Promise.all(['orders', 'events', 'acks', 'heartbeats', 'transactions'].map(list));
    const before = await all();
    await box.stop();
    await backend.stop();
    await start();
    expect(await all()).toEqual(before);
    expect((await configure()).order.version).toBe(42);
  });
});

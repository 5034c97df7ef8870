import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import { encodePaymentStatus, statusTopic } from '../../src/protocols/promptpay/codec.ts';
import { startReferenceBackend } from '../../src/refserver/server.ts';
import { BOARDS_DIR } from '../../src/runtime/board.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { composeBox } from '../../src/runtime/compose.ts';
import { parseConfig } from '../../src/runtime/config.ts';
import { createLog } from '../../src/runtime/log.ts';
import { quantile } from './spread.ts';

interface Spread {
  readonly p50Us: number;
  readonly p99Us: number;
}

/** From the publishing of a confirmation to the output's edge, beside a bare subscriber that sets a variable. */
interface ConfirmationBench {
  readonly box: Spread;
  readonly bare: Spread;
  readonly fsync: Spread;
  /** Box against bare subscriber plus one fsync of the same disk. */
  readonly p50Ratio: number;
  readonly p99Ratio: number;
}

/** Sells `sales` times by QR and confirms each over MQTT, a bare publication and a raw fsync in between. */
export async function benchConfirmation(dir: string, sales = 300): Promise<ConfirmationBench> {
  const home = fs.mkdtempSync(path.join(dir, 'confirmation-'));
  const broker = fork(fileURLToPath(new URL('./broker.ts', import.meta.url)));
  const [{ port }] = (await once(broker, 'message')) as [{ port: number }];
  const brokerUrl = `mqtt://127.0.0.1:${port}`;
  const backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
  const composed = await composeBox({
    settings: parseConfig(JSON.stringify(configFor(backend.httpUrl, brokerUrl)), path.join(home, 'box.json'), {}),
    stateDir: path.join(home, 'state'),
    boardsDir: BOARDS_DIR,
    clock: systemClock(),
    log: createLog({ level: 'error', human: false, write: (line) => void process.stderr.write(line) }),
    launched: null,
    restart: () => undefined,
    logLines: () => [],
    onLedgerLost: (fault) => {
      throw fault;
    },
  });
  const { box, simulator } = composed;
  if (!simulator) throw new Error('the board is not simulated');
  const publisher = await mqtt.connectAsync(brokerUrl, { protocolVersion: 4 });
  const subscriber = await mqtt.connectAsync(brokerUrl, { protocolVersion: 4 });
  const sync = fs.openSync(path.join(home, 'sync'), 'w');
  try {
    await composed.start();
    await claim(backend.httpUrl, () => box.status().pairing);
    await subscriber.subscribeAsync('bare', { qos: 1 });
    const times = { box: [] as number[], bare: [] as number[], fsync: [] as number[] };
    for (let i = 0; i < sales; i++) {
      const charge = await offered(box);
      const message = Buffer.from(encodePaymentStatus({ success: true, charge, status: null, message: 'paid' }));
      const driven = new Promise<number>((resolve) => {
        const cancel = simulator.gpio.onOutput(({ line, active }) => {
          if (line !== 'relay' || !active) return;
          cancel();
          resolve(performance.now());
        });
      });
      const published = performance.now();
      publisher.publish(statusTopic(charge), message, { qos: 1 });
      times.box.push((await driven) - published);
      await new Promise<void>((resolve) => {
        const cancel = box.onEntries((entries) => {
          if (!entries.some(({ entry }) => entry.kind === 'act.outcome')) return;
          cancel();
          resolve();
        });
      });
      times.bare.push(await bare(publisher, subscriber, message));
      const before = performance.now();
      fs.writeSync(sync, Buffer.alloc(4_096));
      fs.fdatasyncSync(sync);
      times.fsync.push(performance.now() - before);
    }
    const spread = (ms: number[]): Spread => ({ p50Us: quantile(ms, 0.5) * 1_000, p99Us: quantile(ms, 0.99) * 1_000 });
    const result = { box: spread(times.box), bare: spread(times.bare), fsync: spread(times.fsync) };
    return {
      ...result,
      p50Ratio: result.box.p50Us / (result.bare.p50Us + result.fsync.p50Us),
      p99Ratio: result.box.p99Us / (result.bare.p99Us + result.fsync.p99Us),
    };
  } finally {
    await composed.stop();
    await backend.stop();
    await Promise.all([publisher.endAsync(), subscriber.endAsync()]);
    broker.disconnect();
    fs.closeSync(sync);
    fs.rmSync(home, { recursive: true, force: true });
  }
}

function configFor(httpUrl: string, brokerUrl: string) {
  return {
    device: { serial: 'BENCH-1', mac: '02:00:00:00:00:BE', chipId: 'bench', model: 'sim' },
    board: 'sim',
    protocol: 'promptpay',
    promptpay: { http: { url: httpUrl }, mqtt: { url: brokerUrl } },
    sale: { drive: { mode: 'hold', holdMs: 1 }, firstPollMs: 3_600_000 },
  };
}

async function claim(httpUrl: string, pairing: () => { pin: string | null; deviceId: string | null }): Promise<void> {
  while (pairing().pin === null) await new Promise((resolve) => setTimeout(resolve, 20));
  const { pin, deviceId } = pairing();
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${httpUrl}/ref/devices/${deviceId}/claim`, { method: 'POST', headers, body: JSON.stringify({ pin }) });
  if (!reply.ok) throw new Error(`the box could not be claimed: ${reply.status}`);
}

type Box = Awaited<ReturnType<typeof composeBox>>['box'];

/** Opens a sale and waits until its QR is shown. */
function offered(box: Box): Promise<string> {
  return new Promise((resolve) => {
    const cancel = box.onEntries((entries) => {
      const created = entries.find(({ entry }) => entry.kind === 'charge.created');
      if (created?.entry.kind !== 'charge.created') return;
      cancel();
      resolve(created.entry.charge);
    });
    box.sell({ amountMinor: 2_000, origin: 'api' });
  });
}

/** From publishing to a variable being set in a subscriber that does nothing else. */
function bare(publisher: mqtt.MqttClient, subscriber: mqtt.MqttClient, message: Buffer): Promise<number> {
  return new Promise((resolve) => {
    let paid = false;
    const published = performance.now();
    subscriber.once('message', () => {
      paid = true;
      resolve(paid ? performance.now() - published : Number.NaN);
    });
    publisher.publish('bare', message, { qos: 1 });
  });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BoxStatus, SaleView } from '../../src/app/box.ts';
import type { Recorded } from '../../src/domain/journal.ts';
import { rasterise } from '../../src/drivers/display/raster.ts';
import { ticketRaster } from '../../src/drivers/printer/ticket-image.ts';
import { BUILT_IN_PACKS } from '../../src/drivers/sound/pack.ts';
import { Voice } from '../../src/drivers/sound/voice.ts';
import { readWav } from '../../src/drivers/sound/wav.ts';
import { WavSink } from '../../src/drivers/sound/wav-sink.ts';
import { memoryLog } from '../../src/testkit/log.ts';
import { scanned } from '../../src/testkit/scan.ts';
import { cacheFolder } from '../debian/cache.ts';
import { makeExecutable } from '../executable/make-executable.ts';
import { GuestApi, guestShare, RELAY_MS, SERIAL_NUMBER } from './guest-box.ts';
import { guestImage } from './guest-image.ts';
import { recorded } from './loopback-sound.ts';
import { plugInto, type SerialDevices } from './serial-devices.ts';
import { VirtualMachine } from './virtual-machine.ts';

/** An emulated processor takes its time. */
const SOON_MS = 30_000;
const BUILD_MS = 300_000;
/** What a coin acceptor sends: these are the durations of the real thing, on a real clock. */
const PULSE_MS = 50;
const GAP_MS = 100;
const PIECE_OVER_MS = 400;

let machine: VirtualMachine;
let api: GuestApi;
let share: ReturnType<typeof guestShare>;
let devices: SerialDevices;

beforeAll(async () => {
  // One that was built before, or the one of this very source.
  const built = process.env.TILLD_EXECUTABLE;
  const file = built ?? (await makeExecutable('linux-arm64', cacheFolder('kernel-executable'), () => undefined)).file;
  share = guestShare(file);
  const image = await guestImage(readFileSync(new URL('guest-init.sh', import.meta.url), 'utf8'));
  machine = await VirtualMachine.boot({ image, share: share.folder, serialNumber: SERIAL_NUMBER });
  api = new GuestApi(machine.apiPort);
  devices = plugInto(machine.serialPorts);
  await machine.drive('COIN', 'high');
}, BUILD_MS);
afterAll(async () => {
  await machine?.end();
  share?.remove();
});

/** Starts tilld in the guest; the shell there keeps its number. */
async function startBox(environment = '', config = 'box.json'): Promise<void> {
  const from = machine.console.lines.length;
  await machine.run(`${environment} /mnt/tilld run --config /mnt/${config} --state /var/lib/tilld >/dev/console 2>&1 & box=$!`);
  await machine.console.next(/The box is ready/, SOON_MS, from);
}

const MOST_MS = { pulse: 120, gap: 150 };
const TRIES = 12;
const SETTLED_MS = 1_500;

/** Whether the pulses came out as they were meant: the host may stall in the middle of one. */
async function insert(pulses: number): Promise<boolean> {
  let onTime = true;
  for (let i = 0; i < pulses; i++) {
    const lowMs = performance.now();
    await machine.drive('COIN', 'low');
    await pause(PULSE_MS);
    await machine.drive('COIN', 'high');
    const highMs = performance.now();
    const last = i === pulses - 1;
    await pause(last ? PIECE_OVER_MS : GAP_MS);
    onTime &&= highMs - lowMs <= MOST_MS.pulse && (last || performance.now() - highMs <= MOST_MS.gap);
  }
  return onTime;
}

/** What the journal says of a piece whose pulses were as they were meant; others prove nothing and are followed by one more. */
async function counted(pulses: number, meanwhile = async () => {}): Promise<readonly (number | string)[]> {
  for (let i = 0; i < TRIES; i++) {
    const before = (await pieces()).length;
    const [onTime] = await Promise.all([insert(pulses), meanwhile()]);
    if (onTime) return (await piecesUntil(before + 1)).slice(before);
    await pause(SETTLED_MS);
  }
  throw new Error('this machine never finds the time to play one coin');
}

const ledger = async () => (await api.json<{ entries: Recorded[] }>('/v1/ledger?limit=1000')).entries.map(({ entry }) => entry);
const pieces = async () =>
  (await ledger()).flatMap((entry): (number | string)[] =>
    entry.kind === 'cash.credited' ? [entry.amountMinor] : entry.kind === 'cash.unassigned' ? ['unassigned'] : [],
  );

async function piecesUntil(count: number): Promise<(number | string)[]> {
  const endMs = performance.now() + SOON_MS;
  for (let found = await pieces(); ; found = await pieces()) {
    if (found.length >= count || performance.now() > endMs) return found;
    await pause(100);
  }
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + SOON_MS;
  while (!holds()) {
    expect(performance.now(), 'it does not come to it').toBeLessThan(endMs);
    await pause(100);
  }
}

test('the executable starts on the kernel, by the name the board gives it', { timeout: 60_000 }, async () => {
  await startBox();
  const status = await api.json<BoxStatus>('/v1/status');
  expect(status).toMatchObject({ device: { serial: SERIAL_NUMBER, mac: '52:54:00:12:34:56' }, ready: { cash: true }, alarms: [] });
});

test('the screen shows, pixel by pixel, what was drawn', async () => {
  const endMs = performance.now() + SOON_MS;
  for (;;) {
    const [screen, svg] = [await machine.screenshot(), await api.text('/v1/screen.svg')];
    const { rgba } = await rasterise(svg, screen.width, screen.height);
    const rgb = Uint8Array.from(rgba.filter((_, i) => i % 4 !== 3));
    if (Buffer.compare(screen.rgb, rgb) === 0) break;
    // The first picture takes an emulated processor seconds.
    expect(performance.now(), 'the picture does not come').toBeLessThan(endMs);
    await pause(500);
  }
});

/** From the first sample that is not silent to the last. */
function withoutSilence(samples: Int16Array): Int16Array {
  return samples.slice(
    samples.findIndex((sample) => sample !== 0),
    samples.findLastIndex((sample) => sample !== 0) + 1,
  );
}

/** A sale that was delivered. */
let sold = '';

test('every coin is in the journal', { timeout: 120_000 }, async () => {
  for (const pulses of [1, 2, 5, 10, 1, 5, 2, 10]) expect(await counted(pulses)).toEqual([pulses * 100]);
  expect((await api.json<BoxStatus>('/v1/status')).alarms.map(({ code }) => code)).not.toContain('acceptor-coin-edges-lost');
});

test('no edge is lost while the program stands still for 700 ms', { timeout: 120_000 }, async () => {
  const stall = async () => void (await machine.run('kill -STOP $box; sleep 0.7; kill -CONT $box'));
  expect(await counted(5, stall)).toEqual([500]);
});

test('the relay closes for a sale, seen from outside', { timeout: 60_000 }, async () => {
  const from = machine.pins.lines.length;
  const { id } = await api.json<SaleView>('/v1/sales', { amountMinor: 1_000 });
  const closed = await machine.pinGoes('RELAY', 'high', from, SOON_MS);
  const sinceMs = performance.now();
  await machine.pinGoes('RELAY', 'low', closed, SOON_MS);
  const heldMs = performance.now() - sinceMs;
  expect(heldMs).toBeGreaterThan(RELAY_MS * 0.8);
  expect(heldMs).toBeLessThan(RELAY_MS + 1_000);
  const endMs = performance.now() + SOON_MS;
  for (let sale = await api.json<SaleView>(`/v1/sales/${id}`); ; sale = await api.json<SaleView>(`/v1/sales/${id}`)) {
    if (sale.state === 'delivered') break;
    expect([sale.state, performance.now() < endMs]).toEqual(['delivering', true]);
    await pause(100);
  }
  sold = id;
});

test('its ticket comes out of a printer on a serial port, whole and cut off', { timeout: 60_000 }, async () => {
  expect(await api.json(`/v1/sales/${sold}/ticket`, {})).toMatchObject({ result: 'done' });
  const { tickets, cuts } = devices.printer;
  expect([tickets.length, cuts]).toEqual([1, ['partial']]);
  expect(tickets.map((ticket) => scanned(ticketRaster(ticket)))).toEqual([sold]);
});

test('the sound card carries, sample by sample, what is said', { timeout: 90_000 }, async () => {
  const file = join(share.folder, 'said.wav');
  const sink = new WavSink(file);
  const voice = new Voice({ sink, log: memoryLog(), language: 'en', volume: 100, packs: [BUILT_IN_PACKS] });
  await voice.say({ phrase: 'received', amount: { minor: 2_050, currency: 'GBP' } });
  await sink.close();
  const heard = await recorded(machine, (device) => `/mnt/tilld say 20.50 --currency GBP --device ${device}`);
  const expected = withoutSilence(readWav(readFileSync(file), file).samples);
  // What its recording end repeats after the playing end was closed is nothing that was played.
  expect(withoutSilence(heard).subarray(0, expected.length)).toEqual(expected);
});

test('a relay that is closed opens when the program is killed', { timeout: 60_000 }, async () => {
  expect(await counted(10)).toEqual([1_000]);
  const from = machine.pins.lines.length;
  await api.json('/v1/sales', { amountMinor: 1_000 });
  const closed = await machine.pinGoes('RELAY', 'high', from, SOON_MS);
  await machine.run('kill -KILL $box');
  await machine.pinGoes('RELAY', 'low', closed, SOON_MS);
  await startBox();
  expect(await ledger()).toContainEqual(expect.objectContaining({ kind: 'act.outcome', result: 'indeterminate' }));
});

test('acceptors on serial ports are taken from, also what fell while the box was dead', { timeout: 120_000 }, async () => {
  const { coins, bills, notes } = devices;
  await machine.run('kill -TERM $box; wait $box');
  notes.expect('disable', 'enable', 'accept');
  await startBox('', 'serial-box.json');
  const before = (await pieces()).length;
  const next = async (count: number) => (await piecesUntil(before + count)).slice(before);
  await until(() => !coins.inhibited && !bills.inhibited && !notes.inhibited);
  expect((await machine.run('stty -F /dev/ttyS2 -a')).printed).toMatch(/9600 baud.*\bparenb -parodd.* inpck\b/s);
  coins.insert(3);
  expect(await next(1)).toEqual([500]);
  bills.insert(1);
  expect(await next(2)).toEqual([500, 2_000]);
  notes.insert(2);
  expect(await next(3)).toEqual([500, 2_000, 5_000]);
  expect([bills.stacked, notes.stacked]).toEqual([[1], [2]]);
  await machine.run('kill -KILL $box; wait $box');
  coins.take(1);
  notes.expect('disable', 'enable', 'disable');
  await startBox('', 'serial-box.json');
  expect(await next(4)).toEqual([500, 2_000, 5_000, 100]);
  await until(() => !notes.inhibited);
  await machine.run('kill -TERM $box; wait $box');
  expect([coins.inhibited, bills.inhibited, notes.inhibited]).toEqual([true, true, true]);
  devices.finish();
});

test('the watchdog bites when the program hangs, and not before', { timeout: 120_000 }, async () => {
  // As systemd has it, the watchdog waits from the first food on: a start may take as long as it takes.
  await machine.run('modprobe softdog soft_margin=16; mkfifo /run/food');
  await machine.run(
    'sh -c "exec 8<>/run/food; read -r _ <&8; exec 9>/dev/watchdog; while read -r _ <&8; do echo >&9; echo FED >/dev/console; done" & feeder=$!',
  );
  await startBox('PATH=/mnt:$PATH NOTIFY_SOCKET=/run/notify WATCHDOG_USEC=6000000');
  // Fed for longer than it waits without.
  let at = 0;
  for (let fed = 0; fed < 9; fed++) at = (await machine.console.next(/^FED$/, SOON_MS, at)).at + 1;
  await machine.run('kill -STOP $box');
  await machine.ended();
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BoxStatus, SaleView } from '../../src/app/box.ts';
import type { UpdateState } from '../../src/domain/ota/update.ts';
import { type ReferenceBackend, startReferenceBackend } from '../../src/refserver/server.ts';
import { VERSION } from '../../src/runtime/version.ts';
import { SamplePackages } from '../../src/testkit/sample-packages.ts';
import { cacheFolder } from '../debian/cache.ts';
import { IMAGE_BOARDS, imageBoard } from './boards.ts';
import { debForImage } from './deb.ts';
import { EmulatedBox, EmulatedCard } from './emulated-box.ts';
import { DATA } from './layout.ts';
import { makeImage } from './make-image.ts';
import { run } from './programs.ts';

const BUILD_MS = 1_200_000;
const BOOT_MS = 240_000;
/** The emulated Raspberry Pi has four processors, and shares one or two. */
const PI_BOOT_MS = 600_000;
const SOON_MS = 60_000;
const LOOK_EVERY_MS = 500;
const BOARD = 'raspberry-pi-3';
const TOKEN = 'a-token-for-this-test-only';
const PRICE_MINOR = 2_000;
const DEVICE = { serial: 'BOX-7', mac: '02:00:00:00:00:07', chipId: '7', model: 'emulated' };

let folder: string;
let image: string;
let box: EmulatedBox | null = null;
let deb: string;
const builtAt = Math.floor(Date.now() / 1_000);
const step = () => undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-image-'));
  deb = process.env.TILLD_DEB ?? (await debForImage(cacheFolder('image-deb'), builtAt, step));
  image = await imageFor(BOARD);
}, BUILD_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function imageFor(name: string): Promise<string> {
  const out = join(folder, name);
  const options = { board: imageBoard(name), deb, version: VERSION, builtAt, out, packing: 'none', fresh: false, step } as const;
  return (await makeImage(options)).file;
}

/** A card in a folder of its own, with what its owner has put onto it. */
async function newCard(name: string, cardFile: object, from = image): Promise<EmulatedCard> {
  const place = join(folder, name);
  mkdirSync(place);
  const card = EmulatedCard.written(from, place);
  writeFileSync(join(place, 'tilld.json'), JSON.stringify(cardFile));
  await card.put(join(place, 'tilld.json'), 'tilld.json');
  return card;
}

async function boot(card: EmulatedCard, machine: 'virt' | 'raspi3b', withinMs = BOOT_MS): Promise<EmulatedBox> {
  box = await EmulatedBox.start(card, machine);
  await box.ready(withinMs);
  return box;
}

/** Asks until the answer is the one. */
async function until<T>(ask: () => Promise<T>, good: (answer: T) => boolean, withinMs = SOON_MS): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (performance.now() > endMs) throw new Error(`It did not come to it: ${JSON.stringify(answer)}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** What the board's own boot ROM and firmware look for, of which the emulator knows nothing. */
async function expectBootable(card: EmulatedCard, name: string): Promise<void> {
  const names = await card.names();
  const { trees, firmware, pins } = imageBoard(name);
  expect(names).toEqual(expect.arrayContaining([...trees, ...firmware, 'config.txt', 'cmdline.txt', 'tilld-example.json', 'README.txt']));
  const config = await card.read('config.txt');
  const named = [/^kernel=(.+)$/m, /^initramfs (.+)$/m].map((pattern) => pattern.exec(config)?.[1] ?? '');
  expect(names).toEqual(expect.arrayContaining(named));
  expect(config).toMatch(/^arm_64bit=1$/m);
  // https://docs.kernel.org/arch/arm64/booting.html: the magic number of an image
  const [kernel, ramdisk, ...described] = await Promise.all([...named, ...trees].map(async (file) => readFileSync(await card.take(file))));
  expect(kernel?.subarray(0x38, 0x3c).toString('latin1')).toBe('ARMd');
  expect(ramdisk?.readUInt16BE(0)).toBe(0x1f8b);
  expect(described.map((tree) => tree.readUInt32BE(0))).toEqual(trees.map(() => 0xd00dfeed));
  for (const tree of pins ? trees : []) {
    const named = await run('fdtget', [await card.take(tree), pins?.controller ?? '', 'gpio-line-names']);
    expect(named.trim().split(' ')).toEqual(pins?.names);
  }
  expect(await card.read('cmdline.txt')).toMatch(/\broot=LABEL=tilld-root ro\b/);
  const table = JSON.parse(await run('sfdisk', ['--json', card.file])) as { partitiontable: { partitions: { type: string }[] } };
  expect(table.partitiontable.partitions.map(({ type }) => type)).toEqual(['c', '83', '83']);
}

/** The chapters of one story: each goes on where the one before ended. */
describe('a box that is set up by its card', () => {
  let backend: ReferenceBackend;
  let card: EmulatedCard;
  let updatePackage: string;
  let firmwarePackage: string;

  const ref = async <T>(path: string, body?: object): Promise<T> => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const reply = await fetch(`${backend.httpUrl}/ref/${path}`, body === undefined ? {} : post);
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return reply.json() as Promise<T>;
  };
  const theBox = (): EmulatedBox => {
    if (!box) throw new Error('the box is off');
    return box;
  };
  const status = () => theBox().api.json<BoxStatus>('/v1/status');
  const books = async () => (await theBox().api.json<{ sinceEver: Record<string, unknown> }>('/v1/counters')).sinceEver;
  const updates = () => theBox().api.json<UpdateState>('/v1/updates');
  type Charge = { readonly chargeId: string; readonly state: string };
  const newCharge = async () => {
    const { charges } = await until(
      () => ref<{ charges: Charge[] }>('charges?limit=1'),
      ({ charges }) => charges[0]?.state === 'open',
    );
    return charges[0]?.chargeId ?? '';
  };
  const sell = () => theBox().api.json<SaleView>('/v1/sales', { amountMinor: PRICE_MINOR });

  beforeAll(async () => {
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
    const shop = new SamplePackages(join(folder, 'shop'));
    const packages = [
      await shop.resource('V1.0.0', { 'mp3/beep.mp3': 'beep '.repeat(100_000) }),
      // The smallest release that is a whole tilld.
      await shop.firmware('V1.0.1', '#!/bin/sh\nexec /usr/bin/tilld "$@"\n'),
    ].map(({ file }) => file);
    [updatePackage = '', firmwarePackage = ''] = packages.map((file) => `/var/lib/tilld/${basename(file)}`);
    // The emulator calls this machine so.
    const url = (address: string) => address.replace(/127\.0\.0\.1|localhost/, '10.0.2.2');
    card = await newCard('story', {
      hostname: 'wash-7',
      timeZone: 'Asia/Bangkok',
      wifi: { ssid: 'Wash', psk: 'not-a-real-password', country: 'TH' },
      board: 'sim',
      backend: {
        device: DEVICE,
        protocol: 'promptpay',
        promptpay: { http: { url: url(backend.httpUrl) }, mqtt: { url: url(backend.mqttUrl) } },
        sale: { drive: { mode: 'hold', holdMs: 500 } },
        ota: { customer: 'ACME', trustedKeys: [shop.keys.publicKey] },
        api: { host: '0.0.0.0', port: 7070, token: TOKEN },
      },
    });
    for (const file of packages)
      await run('debugfs', ['-w', '-R', `write ${file} ${basename(file)}`, `${card.file}?offset=${DATA.startMiB * 1_048_576}`]);
  });
  afterAll(async () => {
    await box?.cut();
    await backend?.stop();
  });

  test('starts, and is ready', { timeout: BOOT_MS + SOON_MS }, async () => {
    await boot(card, 'virt');
    expect(await status()).toMatchObject({ device: { serial: DEVICE.serial }, board: 'sim', ready: { cash: true }, alarms: [] });
    const lines = theBox().console.lines.join('\n');
    expect(lines).toMatch(/Successfully resized "\/var\/lib\/tilld"/);
    expect(lines).not.toMatch(/not-a-real-password/);
    expect(lines).not.toMatch(/Started .*ssh\.service/);
  });

  test('sells', { timeout: 2 * SOON_MS }, async () => {
    const { pairing } = await until(status, ({ pairing }) => pairing.pin !== null);
    const { devices } = await ref<{ devices: { deviceId: string }[] }>('devices');
    await ref(`devices/${devices[0]?.deviceId}/claim`, { pin: pairing.pin });
    await until(status, ({ ready }) => ready.qr);
    const { id } = await sell();
    await ref(`charges/${await newCharge()}/pay`, {});
    await until(
      () => theBox().api.json<SaleView>(`/v1/sales/${id}`),
      ({ state }) => state === 'delivered',
    );
    expect(await books()).toMatchObject({ qrMinor: PRICE_MINOR, qrCount: 1, salesCount: 1, cashMinor: 0 });
  });

  test('is cut off in the middle of a sale, which is paid meanwhile', { timeout: SOON_MS }, async () => {
    await until(status, ({ sale }) => sale === null);
    await sell();
    const late = await newCharge();
    await theBox().cut();
    await ref(`charges/${late}/pay`, {});
    // The card was set up once, and nothing of it is left to be read.
    expect(await card.names()).toContain('tilld-report.txt');
    expect(await card.names()).not.toContain('tilld.json');
    expect(await card.read('tilld-report.txt')).toMatch(/^tilld\.json was applied/);
  });

  test('books it once when the power is back', { timeout: BOOT_MS + 2 * SOON_MS }, async () => {
    await boot(card, 'virt');
    await until(books, ({ qrCount }) => qrCount === 2);
    await until(status, ({ sale, queue }) => sale === null && queue.waiting === 0);
    expect(await books()).toMatchObject({ qrMinor: 2 * PRICE_MINOR, qrCount: 2, cashMinor: 0 });
  });

  test('is cut off in the middle of an update', { timeout: SOON_MS }, async () => {
    await theBox().api.json('/v1/updates/install', { file: updatePackage });
    await theBox().cut();
  });

  test('has the old or the new afterwards, takes the update, and its books are the same', { timeout: BOOT_MS + 3 * SOON_MS }, async () => {
    await boot(card, 'virt');
    expect(await books()).toMatchObject({ qrMinor: 2 * PRICE_MINOR, qrCount: 2, cashMinor: 0 });
    const version = ({ slots }: UpdateState) => slots.CUST.current?.version ?? null;
    expect([null, 'V1.0.0']).toContain(version(await updates()));
    if (version(await updates()) === null) await theBox().api.json('/v1/updates/install', { file: updatePackage });
    await until(updates, (state) => version(state) === 'V1.0.0', 2 * SOON_MS);
  });

  /** Null while tilld starts again. */
  const firmware = () =>
    updates().then(
      ({ slots }) => slots.AP,
      () => null,
    );

  test('starts a new firmware, and is cut off before that has proved itself', { timeout: 3 * SOON_MS }, async () => {
    await theBox().api.json('/v1/updates/install', { file: firmwarePackage });
    await until(firmware, (slot) => slot?.current?.version === 'V1.0.1', 2 * SOON_MS);
    await theBox().cut();
  });

  test('comes back with it, keeps it, and sells', { timeout: BOOT_MS + 5 * SOON_MS }, async () => {
    await boot(card, 'virt');
    await until(firmware, (slot) => slot?.current?.version === 'V1.0.1' && slot.trial === null, 3 * SOON_MS);
    await until(status, ({ ready }) => ready.qr);
    await sell();
    await ref(`charges/${await newCharge()}/pay`, {});
    await until(books, ({ qrCount }) => qrCount === 3);
    expect(await books()).toMatchObject({ qrMinor: 3 * PRICE_MINOR, cashMinor: 0 });
  });
});

/** Nobody listens there. */
const PROMPTPAY = { http: { url: 'http://10.0.2.2:9' }, mqtt: { url: 'mqtt://10.0.2.2:9' } };
const setUpFor = (board: string) => ({ board, backend: { device: DEVICE, protocol: 'promptpay', promptpay: PROMPTPAY } });

describe('on an emulated Raspberry Pi 3', () => {
  afterEach(() => box?.cut());

  test('it starts from its card, and is ready', { timeout: PI_BOOT_MS + SOON_MS }, async () => {
    const card = await newCard('pi', setUpFor(BOARD));
    await expectBootable(card, BOARD);
    const { console } = await boot(card, 'raspi3b', PI_BOOT_MS);
    expect(console.lines.join('\n')).not.toMatch(/Unknown symbol/);
  });
});

/** Which no emulator has: their kernel and system run on another machine, where their pins are missing. */
describe.each(IMAGE_BOARDS.filter((name) => name !== BOARD))('the image of the %s', (name) => {
  afterEach(() => box?.cut());

  test('has what the board starts from, and its system is ready', { timeout: BUILD_MS + BOOT_MS }, async () => {
    const card = await newCard(`card-${name}`, setUpFor(name), await imageFor(name));
    await expectBootable(card, name);
    const { console } = await boot(card, 'virt');
    expect(console.lines.join('\n')).not.toMatch(/Unknown symbol/);
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Screen } from '../../../domain/screen.ts';
import type { DisplayTarget } from '../../../ports/display.ts';
import { FakeClock, settle } from '../../../testkit/clock.ts';
import { type FramebufferShape, fakeFramebuffer } from '../../../testkit/fake-framebuffer.ts';
import { memoryLog } from '../../../testkit/log.ts';
import { readPng } from '../../../testkit/png.ts';
import { QR_VECTORS } from '../../../testkit/qr-vectors.ts';
import { scanned } from '../../../testkit/scan.ts';
import { pngDisplay } from '../png-display.ts';
import { notOpened } from './faults.ts';
import { framebufferDisplay } from './framebuffer-display.ts';
import { readGeometry } from './geometry.ts';
import { changedRows, type Rotation } from './pixels.ts';

const ENDS_MS = 600_000;
const QR: Screen = { kind: 'show-qr', qr: QR_VECTORS.promptPayPhone, expiresAtMonotonicMs: ENDS_MS };
const THANKS: Screen = { kind: 'thank-you' };

type Fake = ReturnType<typeof fakeFramebuffer>;
const opened: Fake[] = [];
const fake = (shape: FramebufferShape): Fake => {
  const device = fakeFramebuffer(shape);
  opened.push(device);
  return device;
};
const started: DisplayTarget[] = [];
afterEach(async () => {
  for (const display of started.splice(0)) await display.stop();
  for (const device of opened.splice(0)) device.remove();
});

function displayOn(device: Fake, rotation: Rotation = 0) {
  const clock = new FakeClock();
  const log = memoryLog();
  const display = framebufferDisplay({ device: 'fb0', root: device.root, rotation, look: () => ({ language: 'en' }), clock, log });
  started.push(display);
  /** Shows a screen; resolves when the panel has it. */
  const show = async (screen: Screen): Promise<void> => {
    display.show(screen);
    while (display.picture() === null) await settle();
  };
  return { display, clock, log, show };
}

/** The screen as the PNG display draws it. */
async function pngOf(screen: Screen, width: number, height: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-same-'));
  const file = join(folder, 'a.png');
  const display = pngDisplay({ file, width, height, look: () => ({ language: 'en' }), clock: new FakeClock(), log: memoryLog() });
  display.show(screen);
  display.start();
  while (display.picture() === null) await settle();
  await display.stop();
  const picture = readPng(readFileSync(file));
  rmSync(folder, { recursive: true });
  return picture;
}

/** Reads a panel as somebody in front of it sees it who has turned it back. */
function seen(bytes: Buffer, { width, height, bits, stride }: FramebufferShape, rotation: Rotation) {
  const [across, down] = rotation % 180 === 0 ? [width, height] : [height, width];
  const data = new Uint8ClampedArray(across * down * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = {
        0: [x, y],
        90: [y, width - 1 - x],
        180: [width - 1 - x, height - 1 - y],
        270: [height - 1 - y, x],
      }[rotation];
      const at = y * stride + (x * bits) / 8;
      data.set(bits === 16 ? rgb565(bytes.readUInt16LE(at)) : xrgb(bytes.readUInt32LE(at)), 4 * ((to[1] ?? 0) * across + (to[0] ?? 0)));
    }
  }
  return { width: across, height: down, data };
}
const xrgb = (pixel: number) => [(pixel >> 16) & 255, (pixel >> 8) & 255, pixel & 255];
const rgb565 = (pixel: number) => [(pixel >> 11) << 3, ((pixel >> 5) & 63) << 2, (pixel & 31) << 3];

describe.each([0, 90, 180, 270] as const)('a panel turned by %i degrees', (rotation) => {
  it.each([
    { width: 480, height: 320, bits: 32, stride: 1_920 },
    { width: 320, height: 240, bits: 32, stride: 2_048 },
    { width: 480, height: 320, bits: 16, stride: 960 },
    { width: 321, height: 243, bits: 16, stride: 704, virtualHeight: 486 },
  ])('has the pixels of the PNG: $width x $height, $bits bits, stride $stride', async (shape) => {
    const device = fake(shape);
    const { display, show, log } = displayOn(device, rotation);
    display.start();
    await show(QR);
    const size = rotation % 180 === 0 ? [shape.width, shape.height] : [shape.height, shape.width];
    expect([display.picture()?.width, display.picture()?.height]).toEqual(size);
    const png = await pngOf(QR, size[0] ?? 0, size[1] ?? 0);
    const panel = seen(device.bytes(), shape, rotation);
    const masks = shape.bits === 16 ? [0xf8, 0xfc, 0xf8, 0xff] : [255, 255, 255, 255];
    const expected = png.data.map((value, i) => value & (masks[i % 4] ?? 0));
    expect(Buffer.compare(Buffer.from(panel.data.buffer), Buffer.from(expected.buffer))).toBe(0);
    expect(scanned({ ...panel, rgba: new Uint8Array(panel.data.buffer) })).toBe(QR_VECTORS.promptPayPhone);
    // What is not of the panel is left alone: the ends of rows, and further pages.
    const rowBytes = (shape.width * shape.bits) / 8;
    const beside = Array.from({ length: shape.height }, (_, y) =>
      device.bytes().subarray(y * shape.stride + rowBytes, (y + 1) * shape.stride),
    );
    expect(beside.flatMap((bytes) => [...bytes]).every((byte) => byte === 0)).toBe(true);
    expect(
      device
        .bytes()
        .subarray(shape.stride * shape.height)
        .every((byte) => byte === 0),
    ).toBe(true);
    await display.stop();
    expect(log.lines).toEqual([]);
  });
});

describe('a panel', () => {
  const shape = { width: 480, height: 320, bits: 16, stride: 960 };

  it('gets only the rows that change, all of them once a minute, and is dark at the end', async () => {
    const device = fake(shape);
    const { display, clock, show } = displayOn(device);
    display.start();
    await show(QR);
    const first = device.bytes();
    // Somebody else draws over a row at the top, where the countdown is not.
    device.write(Buffer.from(first).fill(0x55, 0, shape.stride));
    clock.advance(1_000);
    const rows = (bytes: Buffer) =>
      Array.from({ length: shape.height }, (_, y) => bytes.toString('latin1', y * shape.stride, (y + 1) * shape.stride));
    const before = rows(first);
    const changed = () => rows(device.bytes()).flatMap((row, y) => (row === before[y] ? [] : [y]));
    while (changed().length < 2) await clock.flow(1, 1);
    await settle();
    expect(changed()[0]).toBe(0);
    expect(changed().length).toBeLessThan(40);
    await clock.flow(60_000, 1_000);
    while (device.bytes()[0] === 0x55) await clock.flow(1, 1);
    await display.stop();
    expect(device.lit()).toBeNull();
  });

  it('of another size is drawn on in that size from the next screen on', async () => {
    const device = fake(shape);
    const { display, show } = displayOn(device);
    display.start();
    await show(QR);
    device.fact('virtual_size', '320,240');
    device.fact('modes', 'U:320x240p-0');
    await show(THANKS);
    expect(display.picture()).toMatchObject({ width: 320, height: 240 });
    await display.stop();
  });

  it('that takes no bytes is opened again', async () => {
    const device = fake(shape);
    rmSync(join(device.root, 'dev/fb0'));
    // The kernel's own device that is always full.
    symlinkSync('/dev/full', join(device.root, 'dev/fb0'));
    const { display, log, clock, show } = displayOn(device);
    display.start();
    display.show(QR);
    while (log.lines.length === 0) await settle();
    expect(log.lines).toMatchObject([{ event: 'display.failed', fields: { error: { code: 'display-failed', found: 'ENOSPC' } } }]);
    rmSync(join(device.root, 'dev/fb0'));
    device.write(Buffer.alloc(shape.stride * shape.height));
    clock.advance(2_000);
    await show(QR);
    expect(device.lit()).not.toBeNull();
    await display.stop();
  });
});

describe('a framebuffer that cannot be drawn on', () => {
  it.each([
    ['EACCES', 'display-forbidden', /group.*video/],
    ['EPERM', 'display-forbidden', /vtcon1\/bind/],
    ['ENOENT', 'display-missing', /sys\/class\/graphics.*vt\.global_cursor_default=0/],
    ['EBUSY', 'display-failed', /tried again/],
  ])('is named by what its device says: %s', (code, expected, remedy) => {
    const fault = notOpened('/dev/fb0', Object.assign(new Error(code), { code }));
    expect(fault).toMatchObject({ code: expected, blame: 'device', found: code, message: expect.stringContaining('/dev/fb0') });
    expect(fault.remedy).toMatch(remedy);
  });

  it('is missing where sysfs has none, or a device only', async () => {
    await expect(readGeometry('/nowhere', 'fb7')).rejects.toMatchObject({ code: 'display-missing', found: expect.stringContaining('fb7') });
    const device = fake({ width: 320, height: 240, bits: 16, stride: 640 });
    rmSync(join(device.root, 'dev/fb0'));
    const { display, log } = displayOn(device);
    display.start();
    display.show(THANKS);
    while (log.lines.length === 0) await settle();
    expect(log.lines).toMatchObject([{ fields: { display: 'framebuffer fb0', error: { code: 'display-missing', found: 'ENOENT' } } }]);
    // No file is made in the place of a device.
    expect(() => device.bytes()).toThrow('ENOENT');
    await display.stop();
  });

  it.each([
    ['virtual_size', ''],
    ['virtual_size', '800'],
    ['virtual_size', '0,480'],
    ['virtual_size', '800,480\n800,480'],
    ['virtual_size', '99999,480'],
    ['bits_per_pixel', '24'],
    ['bits_per_pixel', '-16'],
    ['stride', '0'],
    ['stride', '959'],
    ['stride', '1e9'],
    ['stride', 'wide'],
  ])('is unusable with a %s of %j', async (fact, value) => {
    const device = fake({ width: 480, height: 320, bits: 16, stride: 960 });
    device.fact('modes', '');
    device.fact(fact, value);
    await expect(readGeometry(device.root, 'fb0')).rejects.toMatchObject({ code: 'display-unusable', blame: 'device' });
  });

  it('tells its own size by its mode where its memory has several pages', async () => {
    const device = fake({ width: 480, height: 320, bits: 32, stride: 1_920, virtualHeight: 640 });
    const sys = join(device.root, 'sys/class/graphics/fb0');
    expect(await readGeometry(device.root, 'fb0')).toEqual({ width: 480, height: 320, stride: 1_920, format: 'xrgb8888' });
    writeFileSync(join(sys, 'mode'), 'U:240x160p-60\n');
    expect(await readGeometry(device.root, 'fb0')).toMatchObject({ width: 240, height: 160 });
    rmSync(join(sys, 'mode'));
    rmSync(join(sys, 'modes'));
    mkdirSync(join(sys, 'modes'));
    expect(await readGeometry(device.root, 'fb0')).toMatchObject({ width: 480, height: 640 });
  });
});

it('rows that change are joined where they are neighbours', () => {
  const before = Uint8Array.of(0, 0, 1, 1, 2, 2, 3, 3);
  expect(changedRows(before, null, 2)).toEqual([[0, 8]]);
  expect(changedRows(before, new Uint8Array(6), 2)).toEqual([[0, 8]]);
  expect(changedRows(before, before.slice(), 2)).toEqual([]);
  expect(changedRows(Uint8Array.of(0, 9, 9, 1, 2, 2, 3, 9), before, 2)).toEqual([
    [0, 4],
    [6, 8],
  ]);
});

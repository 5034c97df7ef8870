import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { memoryLog } from '../../testkit/log.ts';
import { EvdevTouch, type EvdevTouchOptions, type Tap } from './evdev.ts';
import { ABS, BTN_TOUCH, EV, RECORD_BYTES, SYN } from './input-events.ts';

let root: string;
let device: string;
let clock: FakeClock;
let log: ReturnType<typeof memoryLog>;
let taps: Tap[];
let touch: EvdevTouch;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tilld-touch-'));
  device = join(root, 'dev/input/event0');
  mkdirSync(join(root, 'dev/input'), { recursive: true });
  clock = new FakeClock();
  log = memoryLog();
  taps = [];
});
afterEach(() => {
  touch.stop();
  rmSync(root, { recursive: true });
});

function start(more: Partial<EvdevTouchOptions> = {}): void {
  touch = new EvdevTouch({
    device: 'event0',
    root,
    mapping: { x: [0, 4_000], y: [0, 2_400], rotation: 0 },
    picture: () => ({ width: 800, height: 480 }),
    onTap: (tap) => taps.push(tap),
    clock,
    log,
    ...more,
  });
  touch.start();
}

/** Records as the kernel writes them. */
function records(...events: [type: number, code: number, value: number][]): Buffer {
  const bytes = Buffer.alloc(events.length * RECORD_BYTES, 0xa5);
  for (const [i, [type, code, value]] of events.entries()) {
    bytes.writeUInt16LE(type, i * RECORD_BYTES + 16);
    bytes.writeUInt16LE(code, i * RECORD_BYTES + 18);
    bytes.writeInt32LE(value, i * RECORD_BYTES + 20);
  }
  return bytes;
}
const touched = (id: number, x: number, y: number): Buffer =>
  records([EV.ABS, ABS.MT_TRACKING_ID, id], [EV.ABS, ABS.MT_POSITION_X, x], [EV.ABS, ABS.MT_POSITION_Y, y], [EV.SYN, SYN.REPORT, 0]);
const lifted = records([EV.ABS, ABS.MT_TRACKING_ID, -1], [EV.SYN, SYN.REPORT, 0]);

describe('a touch panel', () => {
  it('tells each touch once, in pixels of the picture, through a pipe as the kernel has one', () => {
    execFileSync('mkfifo', [device]);
    start();
    const kernel = openSync(device, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(kernel, touched(1, 2_000, 600));
    clock.advance(20);
    expect(taps).toEqual([{ x: 400, y: 120 }]);
    writeSync(kernel, Buffer.concat([lifted, touched(2, 0, 0), lifted, touched(3, 4_000, 2_400), lifted]));
    clock.advance(100);
    expect(taps.slice(1)).toEqual([
      { x: 0, y: 0 },
      { x: 799, y: 479 },
    ]);
    closeSync(kernel);
    expect(log.lines).toEqual([]);
  });

  it('is understood when its bytes come in pieces, and when it talks a lot', () => {
    writeFileSync(device, '');
    start();
    const bytes = Buffer.concat([touched(1, 1_000, 1_200), lifted]);
    for (let i = 0; i < bytes.length; i += 7) {
      appendFileSync(device, bytes.subarray(i, i + 7));
      clock.advance(20);
    }
    expect(taps).toEqual([{ x: 200, y: 240 }]);
    appendFileSync(device, Buffer.concat(Array.from({ length: 200 }, (_, i) => [touched(i + 2, 10 * i, 0), lifted]).flat()));
    clock.advance(1_000);
    expect(taps).toHaveLength(201);
    expect(taps.at(-1)).toEqual({ x: 398, y: 0 });
  });

  it('may send what nobody understands', () => {
    writeFileSync(device, Buffer.alloc(10 * RECORD_BYTES, 0xff));
    start();
    appendFileSync(device, records([EV.KEY, BTN_TOUCH, 1], [9, 9, 9], [EV.SYN, SYN.REPORT, 0]));
    appendFileSync(device, touched(1, 400, 240));
    clock.advance(40);
    expect(taps).toEqual([{ x: 80, y: 48 }]);
    expect(log.lines).toEqual([]);
  });

  it('does nothing while there is no picture, and nothing after the tap that stops it', () => {
    writeFileSync(device, Buffer.concat([touched(1, 0, 0), lifted]));
    let picture: { width: number; height: number } | null = null;
    start({
      picture: () => picture,
      onTap: (tap) => {
        taps.push(tap);
        touch.stop();
      },
    });
    clock.advance(20);
    expect(taps).toEqual([]);
    picture = { width: 320, height: 240 };
    appendFileSync(device, Buffer.concat([touched(2, 4_000, 0), lifted, touched(3, 0, 0), lifted]));
    clock.advance(100);
    expect(taps).toEqual([{ x: 319, y: 0 }]);
    expect(clock.pending()).toBe(0);
  });

  it('that is missing or unplugged is logged once and tried again', () => {
    start();
    clock.advance(10_000);
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        event: 'touch.failed',
        fields: { device: 'event0', error: { code: 'touch-missing', blame: 'device', found: 'ENOENT' } },
      },
    ]);
    writeFileSync(device, touched(1, 0, 0));
    clock.advance(2_000);
    expect(taps).toHaveLength(1);
    expect(log.lines.at(-1)).toMatchObject({ level: 'info', event: 'touch.works-again' });
    touch.stop();
    // A directory can be opened and not read: what a device says that is gone.
    renameSync(device, `${device}-old`);
    mkdirSync(device);
    touch.start();
    clock.advance(10_000);
    expect(log.lines.at(-1)).toMatchObject({ event: 'touch.failed', fields: { error: { code: 'touch-failed', found: 'EISDIR' } } });
    const logged = log.lines.length;
    clock.advance(10_000);
    expect(log.lines.length).toBe(logged);
    rmSync(device, { recursive: true });
    writeFileSync(device, touched(1, 4_000, 2_400));
    clock.advance(2_000);
    expect(taps.at(-1)).toEqual({ x: 799, y: 479 });
  });
});

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { ABS, BTN_TOUCH, EV, type InputEvent, InputEventReader, RECORD_BYTES, SYN } from './input-events.ts';
import { placeOf, type TouchMapping } from './touch-place.ts';
import { type RawPoint, Touches } from './touches.ts';

const event = (type: number, code: number, value: number): InputEvent => ({ type, code, value });
const abs = (code: number, value: number) => event(EV.ABS, code, value);
const button = (value: number) => event(EV.KEY, BTN_TOUCH, value);
const report = event(EV.SYN, SYN.REPORT, 0);
const dropped = event(EV.SYN, SYN.DROPPED, 0);
const slot = (index: number) => abs(ABS.MT_SLOT, index);
const finger = (id: number) => abs(ABS.MT_TRACKING_ID, id);
const at = (x: number, y: number) => [abs(ABS.MT_POSITION_X, x), abs(ABS.MT_POSITION_Y, y)];
const single = (x: number, y: number) => [abs(ABS.X, x), abs(ABS.Y, y)];
const lifted = -1;

function landings(events: readonly InputEvent[]): RawPoint[] {
  const touches = new Touches();
  return events.flatMap((one) => touches.take(one) ?? []);
}

describe('fingers that come down', () => {
  it.each<[string, InputEvent[], [number, number][]]>([
    ['a panel of one contact', [...single(10, 20), button(1), report, button(0), report], [[10, 20]]],
    [
      'its second touch at the same place, which is not sent again',
      [...single(10, 20), button(1), report, button(0), report, button(1), report],
      [
        [10, 20],
        [10, 20],
      ],
    ],
    [
      'its second touch with one new coordinate',
      [...single(10, 20), button(1), report, button(0), report, abs(ABS.X, 11), button(1), report],
      [
        [10, 20],
        [11, 20],
      ],
    ],
    [
      'a finger that slides',
      [...single(10, 20), button(1), report, ...single(30, 40), report, ...single(50, 60), report, button(0), report],
      [[10, 20]],
    ],
    ['a numbered contact', [finger(7), ...at(100, 200), report, finger(lifted), report], [[100, 200]]],
    [
      'one that tells everything twice',
      [finger(7), ...at(100, 200), button(1), ...single(101, 201), report, finger(lifted), button(0), report, finger(8), button(1), report],
      [
        [100, 200],
        [100, 200],
      ],
    ],
    [
      'one that begins with the button',
      [button(1), finger(7), ...at(1, 2), report, finger(lifted), button(0), report, button(1), finger(8), ...at(3, 4), report],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'a finger whose lifting was not told',
      [finger(7), ...at(1, 2), report, finger(8), ...at(3, 4), report],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'a second finger while the first is down',
      [
        finger(7),
        ...at(1, 2),
        report,
        slot(1),
        finger(8),
        ...at(3, 4),
        report,
        slot(0),
        finger(lifted),
        report,
        slot(1),
        finger(lifted),
        report,
        slot(0),
        finger(9),
        report,
      ],
      [
        [1, 2],
        [1, 2],
      ],
    ],
    ['a finger in another slot', [slot(3), finger(7), ...at(1, 2), report], [[1, 2]]],
    ['many contacts without numbers', [...at(5, 6), button(1), report, button(0), report], [[5, 6]]],
    ['a touch before any place is known', [button(1), report, button(0), report], []],
    ['places without a touch', [...single(1, 2), report, ...at(3, 4), report], []],
    ['a finger that is up again in the same report', [finger(7), ...at(1, 2), finger(lifted), report], []],
    ['a button that repeats', [...single(1, 2), button(1), report, button(2), report, button(1), report], [[1, 2]]],
    [
      'events that were lost on the way',
      [finger(7), dropped, ...at(1, 2), report, slot(0), finger(lifted), report, finger(8), ...at(3, 4), report],
      [[3, 4]],
    ],
    ['other keys and axes', [event(EV.KEY, 30, 1), abs(0x18, 99), event(4, 4, 589_825), ...single(1, 2), button(1), report], [[1, 2]]],
  ])('%s', (_, events, expected) => {
    expect(landings(events)).toEqual(expected.map(([x, y]) => ({ x, y })));
  });

  it('whatever a device sends', () => {
    const anything = fc.record({
      type: fc.oneof(fc.constantFrom(EV.SYN, EV.KEY, EV.ABS), fc.integer({ min: 0, max: 65_535 })),
      code: fc.oneof(fc.constantFrom(...Object.values(ABS), BTN_TOUCH, SYN.DROPPED), fc.integer({ min: 0, max: 65_535 })),
      value: fc.integer(),
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 200 }), (events) => {
        const reports = events.filter(({ type, code }) => type === EV.SYN && code === SYN.REPORT).length;
        expect(landings(events).length).toBeLessThanOrEqual(reports);
      }),
    );
  });
});

test('records are read however their bytes are split', () => {
  const bytes = Buffer.alloc(3 * RECORD_BYTES);
  for (let i = 0; i < 3; i++) {
    bytes.writeBigUInt64LE(1_700_000_000n, i * RECORD_BYTES);
    bytes.writeUInt16LE(3, i * RECORD_BYTES + 16);
    bytes.writeUInt16LE(0x35, i * RECORD_BYTES + 18);
    bytes.writeInt32LE(i - 1, i * RECORD_BYTES + 20);
  }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }), (cuts) => {
      const reader = new InputEventReader();
      const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const events = edges.slice(1).flatMap((end, i) => [...reader.read(bytes.subarray(edges[i], end))]);
      expect(events).toEqual([-1, 0, 1].map((value) => ({ type: 3, code: 0x35, value })));
    }),
  );
});

describe('a place on the panel', () => {
  const plain = { x: [0, 4_095], y: [0, 4_095] } as const;
  const picture = { width: 800, height: 480 };

  it.each<[string, TouchMapping, RawPoint, { x: number; y: number }]>([
    ['the first corner', { ...plain, rotation: 0 }, { x: 0, y: 0 }, { x: 0, y: 0 }],
    ['the last corner', { ...plain, rotation: 0 }, { x: 4_095, y: 4_095 }, { x: 799, y: 479 }],
    ['a quarter of the way', { x: [200, 3_800], y: [100, 3_700], rotation: 0 }, { x: 1_100, y: 1_000 }, { x: 200, y: 120 }],
    ['beyond the edges', { x: [200, 3_800], y: [100, 3_700], rotation: 0 }, { x: -5, y: 99_999 }, { x: 0, y: 479 }],
    ['units that count backwards', { x: [3_800, 200], y: [0, 100], rotation: 0 }, { x: 3_800, y: 50 }, { x: 0, y: 240 }],
    ['a range of nothing', { x: [7, 7], y: [0, 100], rotation: 0 }, { x: 9, y: 100 }, { x: 0, y: 479 }],
  ])('%s', (_, mapping, raw, expected) => {
    expect(placeOf(raw, mapping, picture)).toEqual(expected);
  });

  // The panel is 480 wide and 800 high then, or the other way round; its units are its pixels.
  it.each([
    [0, 800, 480],
    [90, 480, 800],
    [180, 800, 480],
    [270, 480, 800],
  ] as const)('turned by %i degrees is where the picture is', (rotation, width, height) => {
    const mapping = { x: [0, width], y: [0, height], rotation } as const;
    // A pixel of the picture, and where a display that is turned clockwise lights it.
    const [x, y] = [10, 20];
    const lit = { 0: [x, y], 90: [width - 1 - y, x], 180: [width - 1 - x, height - 1 - y], 270: [y, height - 1 - x] }[rotation];
    expect(placeOf({ x: (lit[0] ?? 0) + 0.5, y: (lit[1] ?? 0) + 0.5 }, mapping, picture)).toEqual({ x, y });
  });
});

import type { Board } from '../../src/domain/board.ts';
import { pinOf } from './header-pins.ts';
import {
  boardPort,
  box,
  coil,
  contact,
  diode,
  dot,
  fuse,
  ground,
  npn,
  picture,
  piPort,
  port,
  power,
  raspberryPi,
  resistor,
  supply,
  text,
  wire,
} from './pieces.ts';

/** A relay behind a transistor that stays off for as long as nobody drives the pin. */
export const relayPicture = (board: Board): string =>
  picture('Relay: driver transistor and flyback diode', 560, 370, [
    raspberryPi(330),
    boardPort(210, pinOf(board, 'relay')),
    piPort(300, 'GND', 'pin 14'),
    wire([160, 300], [185, 300], [185, 312]),
    ground([185, 312]),
    wire([160, 210], [180, 210]),
    resistor([180, 210], [250, 210]),
    text([215, 195], '1 kΩ', 'middle'),
    wire([250, 210], [290, 210]),
    dot([270, 210]),
    resistor([270, 210], [270, 270]),
    ground([270, 270]),
    text([258, 246], '10 kΩ', 'end'),
    npn([290, 210]),
    text([334, 215], 'BC337', 'start', 'small'),
    wire([322, 242], [322, 270]),
    ground([322, 270]),
    wire([322, 178], [322, 145]),
    dot([322, 160]),
    coil([322, 120]),
    text([298, 117], 'relay', 'end'),
    text([298, 136], '12 V', 'end'),
    wire([322, 160], [375, 160]),
    diode([375, 160], [375, 80]),
    power([375, 80], [322, 80], [322, 95]),
    text([392, 118], '1N4007:', 'start', 'small'),
    text([392, 135], 'stripe up', 'start', 'small'),
    dot([322, 80]),
    fuse([322, 80], [240, 80]),
    text([281, 66], '1 A', 'middle'),
    power([240, 80], [220, 80], [220, 64]),
    supply([220, 64], '+12 V'),
    box([450, 200], 100, 130, ['Machine']),
    port([450, 250], 'start', 'right'),
    port([450, 290], 'start', 'right'),
    wire([450, 250], [420, 250]),
    wire([450, 290], [420, 290]),
    contact([420, 290], [420, 250]),
    text([402, 248], 'NO', 'end'),
    text([402, 298], 'COM', 'end'),
    text([402, 326], 'relay contact', 'end', 'small'),
  ]);

/** Every button of the board from its pin to ground. */
export function buttonsPicture(board: Board): string {
  const rows = Object.entries(board.buttons).map(([button, { input }], i) => ({ button, pin: pinOf(board, input), y: 100 + i * 55 }));
  const last = rows.at(-1)?.y ?? 0;
  const row = ({ button, pin, y }: (typeof rows)[number]): string[] => [
    boardPort(y, pin),
    wire([160, y], [190, y]),
    resistor([190, y], [260, y]),
    wire([260, y], [300, y]),
    wire([350, y], [390, y]),
    contact([300, y], [350, y]),
    text([406, y + 5], `button ${button}`),
    dot([390, y]),
  ];
  return picture('Buttons: each from its pin to ground', 560, last + 90, [
    raspberryPi(last + 50),
    text([225, 82], '1 kΩ each', 'middle', 'small'),
    ...rows.flatMap(row),
    wire([390, 100], [390, last + 30]),
    ground([390, last + 30]),
    text([410, last + 41], 'GND, pin 39', 'start', 'small'),
  ]);
}

/** One supply, a fuse for every branch, and a way back for each. */
export const powerPicture = (): string =>
  picture('Power: one supply, a fuse for every branch', 560, 400, [
    box([10, 50], 120, 60, ['12 V supply', '5 A']),
    power([130, 80], [180, 80]),
    ...(
      [
        [80, '3 A', 'Bill acceptor'],
        [150, '1 A', 'Coin acceptor'],
        [220, '1 A', 'Relays'],
      ] as const
    ).flatMap(([y, amperes, name]) => [
      dot([180, y]),
      fuse([180, y], [290, y]),
      text([235, y - 12], amperes, 'middle'),
      box([290, y - 20], 210, 40, []),
      text([395, y + 5], name, 'middle', 'bold'),
      wire([500, y], [535, y]),
      dot([535, y]),
    ]),
    power([180, 80], [180, 290]),
    fuse([180, 290], [290, 290]),
    text([235, 278], '3 A', 'middle'),
    box([290, 262], 125, 56, ['12 to 5.1 V', '3 A']),
    power([415, 290], [440, 290]),
    box([440, 270], 60, 40, []),
    text([470, 295], 'Pi', 'middle', 'bold'),
    wire([500, 290], [535, 290]),
    dot([535, 290]),
    wire([535, 80], [535, 350], [70, 350], [70, 110]),
    text([300, 375], 'GND: each by a wire of its own to the supply', 'middle', 'small'),
  ]);

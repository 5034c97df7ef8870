import type { Board } from '../../src/domain/board.ts';
import { pinOf } from './header-pins.ts';
import {
  boardPort,
  box,
  dot,
  fuse,
  ground,
  optocoupler,
  PI_EDGE,
  picture,
  piPort,
  pMosfet,
  port,
  power,
  raspberryPi,
  resistor,
  supply,
  text,
  wire,
} from './pieces.ts';

/** A resistor from a signal up to 3.3 V. */
const pullUp = (x: number, y: number, words: string): string[] => [
  supply([x, y - 54], '3.3 V'),
  resistor([x, y - 54], [x, y]),
  dot([x, y]),
  text([x + 12, y - 22], words),
];

/** From a pin to the light of an optocoupler at (`x`, `y` - 55): low is lit, and nobody or nothing at the pin is dark. */
const enableStage = (x: number, y: number): string[] => [
  supply([185, y - 80], '3.3 V'),
  wire([185, y - 80], [185, y - 40], [x, y - 40]),
  resistor([185, y - 40], [185, y]),
  dot([185, y - 40]),
  dot([185, y]),
  text([197, y - 14], '4.7 kΩ', 'start', 'small'),
  wire([PI_EDGE, y], [200, y]),
  resistor([200, y], [x, y]),
  text([(200 + x) / 2, y + 24], '330 Ω', 'middle', 'small'),
  optocoupler([x, y - 55]),
];

const toGround = (x: number, y: number, by: number): string[] => [wire([x, y], [x + by, y], [x + by, y + 12]), ground([x + by, y + 12])];

/** From a contact or an open collector at (420, 110) and (420, 150) to the pin at 110. */
const PULSE_TO_PIN: readonly string[] = [
  wire([PI_EDGE, 110], [240, 110]),
  resistor([240, 110], [310, 110]),
  wire([310, 110], [420, 110]),
  text([275, 95], '1 kΩ', 'middle'),
  ...pullUp(190, 110, '4.7 kΩ'),
  ...toGround(420, 150, -25),
];

/** Pulses of an open collector straight to the pin, and a switch in the 12 V line for an acceptor without inhibit. */
export const coinPicture = (board: Board): string =>
  picture('Coin acceptor: pulses by an open collector, supply switched', 560, 420, [
    raspberryPi(380),
    boardPort(110, pinOf(board, 'coin')),
    boardPort(290, pinOf(board, 'coin-enable')),
    piPort(350, 'GND', 'pin 9'),
    ...toGround(PI_EDGE, 350, 25),
    box([420, 60], 130, 130, ['Coin acceptor']),
    port([420, 110], 'COIN', 'right'),
    port([420, 150], 'GND', 'right'),
    port([455, 190], 'DC 12V', 'above'),
    ...PULSE_TO_PIN,
    ...enableStage(270, 290),
    text([310, 226], 'PC817C', 'middle', 'small'),
    ...toGround(350, 290, 15),
    wire([350, 250], [423, 250]),
    dot([385, 250]),
    resistor([385, 250], [385, 320]),
    text([396, 306], '10 kΩ', 'start', 'small'),
    power([385, 320], [455, 320]),
    dot([455, 320]),
    pMosfet([423, 250]),
    text([464, 233], 'D', 'start', 'small'),
    text([464, 251], 'P-channel', 'start', 'small'),
    text([464, 268], 'MOSFET', 'start', 'small'),
    text([464, 287], 'S', 'start', 'small'),
    power([455, 190], [455, 218]),
    power([455, 282], [455, 330]),
    fuse([455, 330], [455, 382]),
    text([471, 361], '1 A', 'start'),
    supply([455, 382], '+12 V', 'below'),
  ]);

/** Pulses of an output that is itself pulled up to more than 3.3 V. */
export const coinOptoPicture = (board: Board): string =>
  picture('Coin acceptor: pulses by an optocoupler', 560, 300, [
    raspberryPi(260),
    boardPort(130, pinOf(board, 'coin')),
    piPort(220, 'GND', 'pin 9'),
    ...toGround(PI_EDGE, 220, 25),
    box([420, 60], 130, 190, ['Coin acceptor']),
    port([420, 130], 'DC 12V', 'right'),
    port([420, 170], 'COIN', 'right'),
    port([420, 210], 'GND', 'right'),
    wire([PI_EDGE, 130], [250, 130]),
    ...pullUp(185, 130, '4.7 kΩ'),
    optocoupler([250, 115], true),
    text([290, 206], 'PC817C', 'middle', 'small'),
    ...toGround(250, 170, -25),
    fuse([345, 60], [345, 112]),
    text([361, 91], '1 A', 'start'),
    supply([345, 60], '+12 V'),
    power([345, 112], [345, 130]),
    power([330, 130], [420, 130]),
    dot([345, 130]),
    wire([330, 170], [340, 170]),
    resistor([340, 170], [405, 170]),
    wire([405, 170], [420, 170]),
    text([372, 198], '2.2 kΩ', 'middle', 'small'),
    ...toGround(420, 210, -25),
  ]);

/** Pulses of a floating contact, and an inhibit input that refuses while it has voltage. */
export const billPicture = (board: Board): string =>
  picture('Bill acceptor: pulses and inhibit', 560, 480, [
    raspberryPi(440),
    boardPort(110, pinOf(board, 'bill')),
    boardPort(290, pinOf(board, 'bill-enable')),
    piPort(370, 'GND', 'pin 14'),
    ...toGround(PI_EDGE, 370, 25),
    box([420, 40], 130, 350, ['Bill acceptor', 'pulse mode']),
    port([420, 110], 'PULSE +', 'right'),
    port([420, 150], 'PULSE −', 'right'),
    port([420, 250], 'INHIBIT +', 'right'),
    port([420, 300], 'INHIBIT −', 'right'),
    port([420, 350], 'GND', 'right'),
    port([485, 390], '+12V', 'above'),
    ...PULSE_TO_PIN,
    ...enableStage(260, 290),
    text([300, 326], 'PC817C', 'middle', 'small'),
    ...toGround(340, 290, 15),
    wire([340, 250], [420, 250]),
    dot([375, 250]),
    resistor([375, 206], [375, 250]),
    text([362, 226], '2.2 kΩ', 'end', 'small'),
    supply([375, 206], '+12 V'),
    ...toGround(420, 300, -25),
    ...toGround(420, 350, -25),
    fuse([485, 390], [485, 442]),
    text([501, 421], '3 A', 'start'),
    supply([485, 442], '+12 V', 'below'),
  ]);

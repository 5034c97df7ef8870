import type { Board } from '../../src/domain/board.ts';
import { BOARDS_DIR, loadBoard } from '../../src/runtime/board.ts';
import { billPicture, coinOptoPicture, coinPicture } from './acceptors.ts';
import { headerPicture } from './header.ts';
import { buttonsPicture, powerPicture, relayPicture } from './machine.ts';
import { ccTalkPicture, ictPicture } from './serial.ts';

/** Lines of a Raspberry Pi that are the serial port's. */
const SERIAL = { GPIO14: 'serial TX', GPIO15: 'serial RX' };
/** Lines of the ds50 board that its screen and its amplifier use, and those that belong to the same buses. */
export const DS50_TAKEN = {
  GPIO2: 'I²C',
  GPIO3: 'I²C',
  GPIO8: 'screen CS',
  GPIO9: 'SPI MISO',
  GPIO10: 'screen MOSI',
  GPIO11: 'screen SCLK',
  GPIO25: 'screen D/C',
  GPIO18: 'sound BCLK',
  GPIO19: 'sound LRCLK',
  GPIO20: 'sound in',
  GPIO21: 'sound DIN',
};

/** Every picture of the wiring guide by its file name; names and pins are those of the board files. */
export function wiringPictures(board: Board = loadBoard('raspberry-pi-4', BOARDS_DIR)): Readonly<Record<string, string>> {
  return {
    'header.svg': headerPicture(board, SERIAL),
    'header-ds50.svg': headerPicture(loadBoard('ds50', BOARDS_DIR), DS50_TAKEN),
    'coin.svg': coinPicture(board),
    'coin-opto.svg': coinOptoPicture(board),
    'bill.svg': billPicture(board),
    'cctalk.svg': ccTalkPicture(),
    'ict.svg': ictPicture(),
    'relay.svg': relayPicture(board),
    'buttons.svg': buttonsPicture(board),
    'power.svg': powerPicture(),
  };
}

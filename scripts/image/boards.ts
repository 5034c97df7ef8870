import { wrongUsage } from '../build/command-line.ts';

/** A board an image can be built for. */
export interface ImageBoard {
  /** As tilld's own board file is called. */
  readonly name: string;
  readonly title: string;
  /** Descriptions of its hardware in the kernel's package: https://www.raspberrypi.com/documentation/computers/config_txt.html */
  readonly trees: readonly string[];
  /** What its boot ROM loads, beside what is the same for all. */
  readonly firmware: readonly string[];
  /** Where the descriptions leave out the names of the pins on the header, which tilld finds them by: the controller, and its pins from 0 on. */
  readonly pins?: { readonly controller: string; readonly names: readonly string[] };
  /** Where its kernel comes from. */
  readonly suite: 'trixie' | 'trixie-backports';
  /** What Raspberry Pi Imager calls it. */
  readonly device: string;
  /** Whether it has been seen to work nowhere yet. */
  readonly experimental?: true;
}

const VC4 = ['bootcode.bin', 'start.elf', 'fixup.dat'];
const VC6 = ['start4.elf', 'fixup4.dat'];

const BOARDS: readonly ImageBoard[] = [
  {
    name: 'raspberry-pi-3',
    title: 'Raspberry Pi 3',
    trees: ['bcm2837-rpi-3-b.dtb', 'bcm2837-rpi-3-b-plus.dtb', 'bcm2837-rpi-3-a-plus.dtb'],
    firmware: VC4,
    suite: 'trixie',
    device: 'pi3-64bit',
  },
  {
    name: 'raspberry-pi-4',
    title: 'Raspberry Pi 4',
    trees: ['bcm2711-rpi-4-b.dtb', 'bcm2711-rpi-400.dtb', 'bcm2711-rpi-cm4-io.dtb'],
    firmware: VC6,
    suite: 'trixie',
    device: 'pi4-64bit',
  },
  {
    name: 'raspberry-pi-5',
    title: 'Raspberry Pi 5',
    trees: ['bcm2712-rpi-5-b.dtb', 'bcm2712-d-rpi-5-b.dtb'],
    firmware: [],
    pins: {
      controller: '/axi/pcie@1000120000/pci@0,0/dev@0,0/pci-ep-bus@1/pinctrl@400d0000',
      // As Raspberry Pi OS has them.
      names: ['ID_SDA', 'ID_SCL', ...Array.from({ length: 26 }, (_, i) => `GPIO${i + 2}`)],
    },
    suite: 'trixie-backports',
    device: 'pi5-64bit',
    experimental: true,
  },
  {
    name: 'raspberry-pi-zero-2w',
    title: 'Raspberry Pi Zero 2 W',
    trees: ['bcm2837-rpi-zero-2-w.dtb'],
    firmware: VC4,
    suite: 'trixie',
    device: 'pi3-64bit',
  },
];

export const IMAGE_BOARDS: readonly string[] = BOARDS.map(({ name }) => name);

/** @throws CallerFault `usage` */
export function imageBoard(name: unknown): ImageBoard {
  // Its name is long, and everybody calls it so.
  const wanted = name === 'zero-2w' ? 'raspberry-pi-zero-2w' : name;
  const board = BOARDS.find((one) => one.name === wanted);
  if (board) return board;
  throw wrongUsage('--board is not usable', name === undefined ? 'nothing' : JSON.stringify(name), IMAGE_BOARDS.join(' or '));
}

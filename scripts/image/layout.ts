/** Where things are on a card. An emulated card must be a power of two, and so is this one: 1 GiB. */
const MIB = 1_048_576;
const SECTOR = 512;

interface Partition {
  readonly startMiB: number;
  readonly sizeMiB: number;
}

export const BOOT: Partition = { startMiB: 4, sizeMiB: 124 };
export const ROOT_PARTITION: Partition = { startMiB: 128, sizeMiB: 832 };
/** Grows to the end of the card at the first start. */
export const DATA: Partition = { startMiB: 960, sizeMiB: 64 };
export const CARD_MIB = 1_024;
/** Of the partition table, and of the boot partition's file system. */
export const DISK_ID = '7111d001';

const sectors = (mib: number): number => (mib * MIB) / SECTOR;
const line = ({ startMiB, sizeMiB }: Partition, type: string): string =>
  `start=${sectors(startMiB)}, size=${sectors(sizeMiB)}, type=${type}\n`;

/** For sfdisk(8). A table of the old kind: the boot ROM of a Raspberry Pi 3 reads no other. */
export const PARTITION_TABLE = `label: dos\nlabel-id: 0x${DISK_ID}\n${line(BOOT, 'c, bootable')}${line(ROOT_PARTITION, '83')}${line(DATA, '83')}`;

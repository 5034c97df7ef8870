import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ImageBoard } from './boards.ts';
import type { Digest } from './packed.ts';

interface Described {
  readonly board: ImageBoard;
  readonly version: string;
  /** Seconds since 1970. */
  readonly builtAt: number;
  readonly file: string;
  /** Of the file, and of the card that is in it. */
  readonly packed: Digest;
  readonly card: Digest;
}

/** What `rpi-imager --repo os_list.json` shows (https://github.com/raspberrypi/rpi-imager/blob/main/doc/json-schema/os-list-schema.json). */
export const osList = ({ board, version, builtAt, file, packed, card }: Described): object => ({
  os_list: [
    {
      name: `tilld ${version} for ${board.title}`,
      description: 'The runtime of a payment box. It is set up by tilld.json on the card.',
      icon: '',
      url: pathToFileURL(file).href,
      release_date: new Date(builtAt * 1_000).toISOString().slice(0, 10),
      extract_size: card.bytes,
      extract_sha256: card.sha256,
      image_download_size: packed.bytes,
      image_download_sha256: packed.sha256,
      devices: [board.device],
      // Imager's own settings would not be read by anything.
      init_format: 'none',
    },
  ],
});

/** As `sha256sum --check` reads it. */
export const checksumLine = (file: string, { sha256 }: Digest): string => `${sha256}  ${basename(file)}\n`;

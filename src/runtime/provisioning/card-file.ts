import * as v from 'valibot';
import { ConfigurationFault } from '../../domain/fault.ts';
import type { MachineIdentity } from '../../drivers/machine.ts';
import { type FieldFault, fieldFaults, listed } from '../field-faults.ts';
import { section, text } from '../fields.ts';
import { jsonFault } from '../json-text.ts';
import { checkBox } from './check-box.ts';

/** What a person writes into tilld.json on the boot partition of a card, so that a box becomes theirs. */
export interface CardFile {
  readonly hostname?: string;
  /** As in the zone database: `Asia/Bangkok`. */
  readonly timeZone?: string;
  readonly wifi?: { readonly ssid: string; readonly psk: string; readonly country: string };
  /** One line of an authorized_keys file. */
  readonly sshKey?: string;
  /** The configuration of the box, as it will stand in /etc/tilld/tilld.json. */
  readonly config?: string;
  /** A board of one's own, which that configuration names, as it will stand in /etc/tilld/board.json. */
  readonly board?: string;
}

/** Everything that is wrong with the file at once; never shows a secret. */
export class CardFileInvalid extends ConfigurationFault {
  readonly faults: readonly FieldFault[];

  constructor(faults: readonly FieldFault[]) {
    super(`${CARD_FILE} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`, {
      code: 'card-file-invalid',
      remedy: `Correct ${CARD_FILE} and start the box with the card again.`,
    });
    this.faults = faults;
  }

  override explain(): string {
    return `${this.message}:\n${listed(this.faults)}\n${this.remedy}`;
  }
}

export const CARD_FILE = 'tilld.json';
const MAX_CHARACTERS = 256 * 1024;

const ssid = v.pipe(
  text('Name of the Wi-Fi network', 32),
  v.check((name) => name.isWellFormed() && Buffer.byteLength(name) <= 32, 'a name of at most 32 bytes'),
);
const wifi = section(
  {
    ssid,
    psk: text(
      'Password of the Wi-Fi network',
      64,
      /^(?:[ -~]{8,63}|[0-9A-Fa-f]{64})$/,
      '8 to 63 ASCII characters, or 64 hexadecimal digits',
    ),
    country: text('Country the box stands in', 2, /^[A-Z]{2}$/, 'two capital letters like TH'),
  },
  'The Wi-Fi network to join',
);
const KEY =
  /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-[\w-]+@openssh\.com) [A-Za-z0-9+/]{40,4000}={0,2}(?: [ -~]{0,200})?$/;

const object = (expected: string) =>
  v.custom<Readonly<Record<string, unknown>>>((value) => value !== null && typeof value === 'object' && !Array.isArray(value), expected);
const BOARD = 'a name like raspberry-pi-4, or a whole board {…} (`tilld board schema`)';

const SCHEMA = section({
  hostname: v.exactOptional(
    text('Name of the box in the network', 63, /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, '1 to 63 small letters, digits and hyphens'),
  ),
  timeZone: v.exactOptional(v.pipe(text('Time zone', 64), v.check(isTimeZone, 'a time zone like Asia/Bangkok'))),
  wifi: v.exactOptional(wifi),
  sshKey: v.exactOptional(
    text('Public key that may log in over ssh', 4_300, KEY, 'the one line of a public key file, like ssh-ed25519 AAAA…'),
  ),
  // What is in a whole one, the rules for board files say.
  board: v.exactOptional(v.union([text('Name of a board that comes with tilld', 64, /^[\w-]+$/, BOARD), object(BOARD)], BOARD)),
  backend: v.exactOptional(
    v.pipe(
      object('an object {…}: the configuration of the box (`tilld config schema`) without "board"'),
      v.check((value) => !Object.hasOwn(value, 'board'), 'no "board" here: it stands beside "backend"'),
    ),
  ),
});

/** Only names in the form the zone database has them: they become paths. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Z][\w+-]*(?:\/[A-Z][\w+-]*){0,2}$/.test(name)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // It knows ASIA/BANGKOK too, for which there is no file.
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    // Intl says by a RangeError that it does not know it.
    return false;
  }
}

/**
 * Checks a card file. `machine` is asked who the box is where the file does not say it.
 * @throws CardFileInvalid `card-file-invalid` with every fault there is
 */
export function parseCardFile(json: string, machine: () => MachineIdentity): CardFile {
  if (json.length > MAX_CHARACTERS)
    throw new CardFileInvalid([{ path: '$', found: `${json.length} characters`, expected: `at most ${MAX_CHARACTERS}` }]);
  const broken = jsonFault(json);
  if (broken)
    throw new CardFileInvalid([
      { path: `line ${broken.line} column ${broken.column}`, found: 'something else', expected: broken.expected },
    ]);
  const { success, output, issues } = v.safeParse(SCHEMA, JSON.parse(json));
  if (!success) throw new CardFileInvalid(fieldFaults(issues).map(withoutKey));
  const { board, backend, ...rest } = output;
  if ((board === undefined) !== (backend === undefined)) {
    const [missing, there] = board === undefined ? ['board', 'backend'] : ['backend', 'board'];
    throw new CardFileInvalid([{ path: `$.${missing}`, found: 'nothing', expected: `"${missing}" where there is "${there}"` }]);
  }
  if (Object.keys(output).length === 0) throw new CardFileInvalid([{ path: '$', found: 'nothing', expected: 'what is to be set up' }]);
  if (board === undefined) return rest;
  const box = checkBox(board, { ...backend }, machine);
  if ('faults' in box) throw new CardFileInvalid(box.faults);
  return { ...rest, ...box };
}

/** Who takes the wrong one of two files has put the private key there. */
const withoutKey = (fault: FieldFault): FieldFault =>
  fault.path === '$.sshKey' && fault.found.startsWith('"') ? { ...fault, found: 'a text that is not shown' } : fault;

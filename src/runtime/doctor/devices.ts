import { existsSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Settings } from '../config.ts';
import { type Check, type Finding, fault, ok, skipped, warning } from './finding.ts';
import { mayNot } from './rights.ts';
import { place, textOf, userName, type World } from './world.ts';

/** Acceptors of every kind; some hang on a serial port. */
interface Connected {
  readonly acceptors: readonly { readonly name: string; readonly device?: string }[];
}

interface Port {
  readonly path: string;
  /** What hangs on it. */
  readonly user: string;
}

/** The serial ports that a box uses, each once. */
export function serialPorts({ acceptors }: Connected, { printer }: Pick<Settings, 'printer'>): Port[] {
  const ports = acceptors.flatMap(({ name, device }) => (device === undefined ? [] : [{ path: device, user: `acceptor ${name}` }]));
  if (printer?.driver === 'escpos' && printer.connection.kind === 'serial') ports.push({ path: printer.connection.path, user: 'printer' });
  return ports.filter((port, i) => ports.findIndex(({ path }) => path === port.path) === i);
}

const intoGroup = (group: string, { person, root }: World): string =>
  `sudo usermod -aG ${group} ${userName({ root }, person.uid)}; it counts from the next start of the box (sudo systemctl restart tilld)`;

export function serialChecks(board: Connected, settings: Pick<Settings, 'printer'>, world: World): Check[] {
  return serialPorts(board, settings).map(({ path, user }) => ({
    code: 'serial-port',
    title: `Serial port ${path} (${user})`,
    run: async () => serial(path, world),
  }));
}

/** Without opening it: that alone makes some devices start anew. */
function serial(path: string, world: World): Finding {
  const at = place(world, path);
  if (!existsSync(at)) {
    return fault('serial-missing', 'not there', {
      expected: path,
      remedy: 'Plug the device in, and see what is there: ls -l /dev/serial/by-id /dev/ttyAMA* /dev/ttyS? /dev/ttyUSB*',
    });
  }
  const real = realpathSync(at);
  if (!statSync(real).isCharacterDevice()) {
    return fault('serial-no-device', `${real} is no device`, { expected: 'a serial port', remedy: 'Correct the path in the board file.' });
  }
  const why = mayNot(real, 'both');
  if (why !== null) return fault('serial-refused', `${real} ${why}`, { remedy: intoGroup('dialout', world) });
  if (consoles(world).includes(basename(real))) {
    return fault('serial-console', `the console of the system talks on ${basename(real)}`, {
      expected: 'a port of its own',
      remedy: 'sudo raspi-config nonint do_serial_cons 1, or take console=… out of /boot/firmware/cmdline.txt; start the board again.',
    });
  }
  const holders = holdersOf(real, world);
  if (holders.length === 0) return ok(`${real}, free`);
  return fault('serial-busy', `${real} is in use by ${holders.join(', ')}`, {
    expected: 'a port that nobody else uses',
    remedy: `End it: sudo systemctl stop tilld, serial-getty@${basename(real)} or ModemManager, as the name says.`,
  });
}

/** `console=ttyS0,115200` on the kernel's command line; `serial0` is what a Raspberry Pi calls the first of its ports. */
function consoles(world: World): string[] {
  const names = [...textOf(world, 'proc/cmdline').matchAll(/(?:^|\s)console=(\w+)/g)].map((match) => match[1] ?? '');
  return names.map((name) => {
    const link = place(world, `dev/${name}`);
    return existsSync(link) ? basename(realpathSync(link)) : name;
  });
}

/** Who has a device open, as `name (pid)`, as far as this user may see that. */
function holdersOf(real: string, world: World): string[] {
  const proc = place(world, 'proc');
  return listed(proc).flatMap((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return [];
    const open = listed(join(proc, pid, 'fd')).some((fd) => leadsTo(join(proc, pid, 'fd', fd), real));
    return open ? [`${textOf(world, `proc/${pid}/comm`).trim() || 'a program'} (${pid})`] : [];
  });
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A process that has ended, or one of another user.
    return [];
  }
}

/** A program in a container may have another device under the same name. */
function leadsTo(link: string, real: string): boolean {
  try {
    if (readlinkSync(link) !== real) return false;
    const [one, other] = [statSync(link), statSync(real)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    // Closed in the meantime.
    return false;
  }
}

/** Screen, touch panel and sound card. */
export function deviceChecks({ display, speaker }: Pick<Settings, 'display' | 'speaker'>, world: World): Check[] {
  const checks: Check[] = [];
  if (display?.driver === 'framebuffer') {
    const { device, touch } = display;
    checks.push({ code: 'display', title: `Screen ${device}`, run: () => framebuffer(device, world) });
    if (touch) checks.push({ code: 'touch', title: `Touch panel ${touch.device}`, run: async () => touchPanel(touch.device, world) });
  }
  if (display?.driver === 'png') {
    checks.push({ code: 'display', title: 'Screen as a picture', run: async () => folderFor(display.file, 'display-forbidden') });
  }
  if (speaker?.driver === 'alsa')
    checks.push({ code: 'sound', title: `Sound device ${speaker.device}`, run: async () => sound(speaker.device, world) });
  if (speaker?.driver === 'wav') {
    checks.push({ code: 'sound', title: 'Sound as a file', run: async () => folderFor(speaker.file, 'sound-forbidden') });
  }
  return checks;
}

async function framebuffer(device: string, world: World): Promise<Finding> {
  const { readGeometry } = await import('../../drivers/display/framebuffer/geometry.ts');
  const { width, height, format } = await readGeometry(world.root, device);
  const why = mayNot(place(world, `dev/${device}`), 'write');
  if (why !== null) return fault('display-forbidden', `/dev/${device} ${why}`, { remedy: intoGroup('video', world) });
  return ok(`${width}x${height}, ${format}`);
}

function touchPanel(device: string, world: World): Finding {
  const at = place(world, `dev/input/${device}`);
  if (!existsSync(at)) {
    return fault('touch-missing', 'not there', {
      expected: `/dev/input/${device}`,
      remedy: 'Plug it in; `ls -l /dev/input/by-path` and `cat /proc/bus/input/devices` show what there is.',
    });
  }
  const why = mayNot(at, 'read');
  return why === null ? ok('there') : fault('touch-forbidden', `/dev/input/${device} ${why}`, { remedy: intoGroup('input', world) });
}

/** `default`, `plughw:1,0`, `plughw:CARD=Headphones,DEV=0`: the card in it, by number or name. */
const cardOf = (device: string): string | undefined => /^\w+:(?:CARD=)?(\w+)/.exec(device)?.[1];

function sound(device: string, world: World): Finding {
  const listing = [...textOf(world, 'proc/asound/cards').matchAll(/^\s*(\d+) \[(\S+)\s*\]: (.*)$/gm)];
  const cards = listing.map((match) => match[3] ?? '');
  if (cards.length === 0) {
    return fault('sound-missing', 'no sound card', {
      remedy: 'Plug it in, or put dtparam=audio=on (or the dtoverlay of its board) into /boot/firmware/config.txt and start again.',
    });
  }
  const wanted = cardOf(device);
  if (wanted !== undefined && !listing.some(([, number, name]) => wanted === number || wanted === name)) {
    return fault('sound-unknown', `no card ${wanted}; there are ${listing.map(([, number, name]) => `${number} (${name})`).join(', ')}`, {
      expected: device,
      remedy: 'Take a name that `aplay -L` lists; names of cards stay, their numbers move.',
    });
  }
  const players = listed(place(world, 'dev/snd')).filter((name) => /^pcmC\d+D\d+p$/.test(name));
  const why = players.map((name) => mayNot(place(world, `dev/snd/${name}`), 'both')).find((reason) => reason !== null);
  if (why) return fault('sound-forbidden', `/dev/snd ${why}`, { remedy: intoGroup('audio', world) });
  if (players.length === 0)
    return warning('sound-no-output', `${cards.join('; ')}: none plays`, { remedy: '`aplay -l` lists the cards that play.' });
  return ok(cards.join('; '));
}

function folderFor(file: string, reason: string): Finding {
  const folder = join(file, '..');
  const why = mayNot(folder, 'write');
  return why === null
    ? ok(file)
    : fault(reason, `${folder} ${why}`, { remedy: 'Name another place in the configuration, or make this one writable.' });
}

/** The printer is asked how it is; a box that runs may be printing, and is left alone. */
export function printerChecks(settings: Settings, world: World): Check[] {
  const { printer, ticket } = settings;
  if (printer?.driver === 'png') {
    const { directory } = printer;
    return [
      { code: 'printer', title: 'Tickets as pictures', run: async () => folderFor(join(directory, 'ticket.png'), 'printer-forbidden') },
    ];
  }
  if (printer === undefined) return [];
  const { connection } = printer;
  const where = connection.kind === 'tcp' ? `${connection.host}:${connection.port}` : connection.path;
  return [
    {
      code: 'printer',
      title: `Printer ${where}`,
      run: async (signal) => {
        const { printerOf } = await import('../printer.ts');
        const own = await printerOf(printer, { ticket, language: () => settings.language, clock: world.clock });
        if (!own) return skipped('none');
        try {
          const state = await own.printer.status(signal);
          if (state.state === 'ready')
            return state.paperLow
              ? warning('printer-paper-low', 'little paper is left', { remedy: 'Have a new roll at hand.' })
              : ok('ready');
          return fault(`printer-${state.state}`, `${state.state}: ${state.detail}`, { expected: 'ready', remedy: PRINTER[state.state] });
        } finally {
          await own.printer.close();
        }
      },
    },
  ];
}

const PRINTER = {
  'paper-out': 'Put in a new roll of paper.',
  'cover-open': 'Close the cover of the printer.',
  offline: 'Switch it on and check its cable; a printer on the network answers `ping`, one by USB needs the group lp.',
  failed: 'Look at the lights of the printer; switch it off and on again.',
} as const;

import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HurriedClock } from '../../testkit/hurried-clock.ts';
import { readPng } from '../../testkit/png.ts';
import { type PrinterHarness, type PrinterLineHarness, printerContract } from '../../testkit/printer-contract.ts';
import { needsPython, openPty, type Pty } from '../../testkit/pty.ts';
import { ScriptedPrinter } from '../../testkit/scripted-printer.ts';
import { servePrinter } from '../../testkit/served-printer.ts';
import type { Line } from './channel.ts';
import { deviceLine } from './device-line.ts';
import { EscPosPrinter } from './escpos-printer.ts';
import { PngPrinter } from './png-printer.ts';
import { serialLine } from './serial-line.ts';
import { tcpLine } from './tcp-line.ts';
import { inkOf } from './ticket-image.ts';

interface Plug extends Pick<PrinterLineHarness, 'unplug' | 'plug'> {
  close(): Promise<void>;
}

function harnessOf(scripted: ScriptedPrinter, clock: HurriedClock, line: Line, dots: number, plug: Plug): PrinterHarness {
  return {
    printer: new EscPosPrinter({ line, dots, cut: 'partial', clock, limits: { printMs: 200 } }),
    tickets: async () => scripted.tickets,
    trouble(kind) {
      clock.hurry = kind === 'offline';
      scripted.trouble = kind === 'offline' ? 'silent' : kind;
    },
    mend() {
      clock.hurry = false;
      scripted.trouble = null;
    },
    async finish(whole) {
      await plug.close();
      scripted.finish(whole);
    },
    line: {
      paperLow: () => {
        scripted.paperLow = true;
      },
      paperFor: (rows) => {
        scripted.rowsLeft = rows;
      },
      stall: () => {
        scripted.trouble = 'stuck';
      },
      received: (bytes) => scripted.received(bytes),
      unplug: () => plug.unplug(),
      plug: () => plug.plug(),
    },
  };
}

printerContract('a printer on the network', { onLine: true }, async () => {
  const scripted = new ScriptedPrinter({ dots: 576 });
  const served = await servePrinter(scripted);
  const clock = new HurriedClock();
  return harnessOf(scripted, clock, tcpLine({ host: '127.0.0.1', port: served.port }, clock), 576, served);
});

/** A printer at a terminal whose device file has a name that stays the same. */
async function atTerminal(lineAt: (path: string, clock: HurriedClock) => Line): Promise<PrinterHarness> {
  const scripted = new ScriptedPrinter({ dots: 384 });
  const folder = mkdtempSync(join(tmpdir(), 'tilld-printer-'));
  const path = join(folder, 'printer');
  let pty: Pty | null = null;
  const plug = async () => {
    const plugged = await openPty((bytes) => scripted.receive(bytes));
    scripted.answer = (bytes) => plugged.write(bytes);
    symlinkSync(plugged.path, path);
    pty = plugged;
  };
  const unplug = async () => {
    rmSync(path, { force: true });
    await pty?.close();
  };
  await plug();
  const close = async () => {
    await unplug();
    rmSync(folder, { recursive: true });
  };
  const clock = new HurriedClock();
  return harnessOf(scripted, clock, lineAt(path, clock), 384, { unplug, plug, close });
}

printerContract('a printer at a device file', { onLine: true, need: needsPython() }, () => atTerminal(deviceLine));
printerContract('a printer on a serial port', { onLine: true, need: needsPython() }, () =>
  atTerminal((path, clock) => serialLine({ path, baud: 115_200, flow: 'rts-cts' }, clock)),
);

printerContract('the printer of a simulated board', { onLine: false }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-printer-'));
  const printer = new PngPrinter({ folder: join(folder, 'tickets'), dots: 384 });
  const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'));
  return {
    printer,
    tickets: async () =>
      files()
        .sort()
        .map((name) => {
          const { width, height, data } = readPng(readFileSync(join(folder, name)));
          return inkOf({ width, height, rgba: new Uint8Array(data) });
        }),
    trouble: (kind) => printer.setFault(kind),
    mend: () => printer.setFault(null),
    finish: async () => rmSync(folder, { recursive: true }),
    line: null,
  };
});

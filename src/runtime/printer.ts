import type { TicketParts } from '../app/tickets.ts';
import type { Language } from '../domain/speech/language.ts';
import { type TicketTerms, ticketOf } from '../domain/ticket.ts';
import type { Line } from '../drivers/printer/channel.ts';
import type { SerialSettings } from '../drivers/serial/stty.ts';
import type { Clock } from '../ports/clock.ts';
import type { Printer } from '../ports/printer.ts';
import type { PaperTray } from '../simulator/paper-tray.ts';

type Connection =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | ({ readonly kind: 'serial' } & SerialSettings)
  | { readonly kind: 'device'; readonly path: string };

/** What a box prints its tickets with. */
export type PrinterSettings =
  | { readonly driver: 'escpos'; readonly connection: Connection; readonly dots: number; readonly cut: 'partial' | 'full' | 'none' }
  | { readonly driver: 'png'; readonly directory: string; readonly dots: number };

/** What stands on tickets, and whether every sale gets one. */
export type TicketSettings = Omit<TicketTerms, 'language'> & { readonly always: boolean };

export interface PrinterParts {
  readonly ticket: TicketSettings;
  readonly language: () => Language;
  readonly clock: Clock;
}

/** A printer with everything its tickets need, and what of it a virtual board shows. */
export interface OwnPrinter {
  readonly tickets: TicketParts;
  readonly printer: Printer;
  readonly tray: PaperTray | null;
}

/** The printer that the configuration names; null where it names none. Nothing is opened before the first ticket. */
export async function printerOf(wanted: PrinterSettings | undefined, parts: PrinterParts): Promise<OwnPrinter | null> {
  if (wanted === undefined) return null;
  const { ticket: terms, language, clock } = parts;
  const { printer, tray } = await driverOf(wanted, clock);
  const draw: TicketParts['draw'] = async (sale, copy) => {
    const { ticketImage } = await import('../drivers/printer/ticket-image.ts');
    const occasion = { atMs: clock.wallMs(), clockTrusted: clock.wallTrusted(), copy };
    return ticketImage(ticketOf(sale, { ...terms, language: language() }, occasion), printer.dots);
  };
  return { tickets: { printer, draw, always: terms.always }, printer, tray };
}

async function driverOf(wanted: PrinterSettings, clock: Clock): Promise<{ readonly printer: Printer; readonly tray: PaperTray | null }> {
  if (wanted.driver === 'png') {
    const { PngPrinter } = await import('../drivers/printer/png-printer.ts');
    const printer = new PngPrinter({ folder: wanted.directory, dots: wanted.dots });
    return { printer, tray: printer };
  }
  const { EscPosPrinter } = await import('../drivers/printer/escpos-printer.ts');
  const { connection, dots, cut } = wanted;
  return { printer: new EscPosPrinter({ line: await lineOf(connection, clock), dots, cut, clock }), tray: null };
}

async function lineOf(connection: Connection, clock: Clock): Promise<Line> {
  switch (connection.kind) {
    case 'tcp':
      return (await import('../drivers/printer/tcp-line.ts')).tcpLine(connection, clock);
    case 'serial':
      return (await import('../drivers/printer/serial-line.ts')).serialLine(connection, clock);
    case 'device':
      return (await import('../drivers/printer/device-line.ts')).deviceLine(connection.path, clock);
  }
}

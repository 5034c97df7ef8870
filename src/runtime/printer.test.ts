import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SaleView } from '../domain/till/view.ts';
import { ticketRaster } from '../drivers/printer/ticket-image.ts';
import type { Clock } from '../ports/clock.ts';
import type { TicketImage } from '../ports/printer.ts';
import { FakeClock } from '../testkit/clock.ts';
import { readPng } from '../testkit/png.ts';
import { sampleSale } from '../testkit/scripted-box.ts';
import { ScriptedPrinter } from '../testkit/scripted-printer.ts';
import { servePrinter } from '../testkit/served-printer.ts';
import { systemClock } from './clock.ts';
import { type OwnPrinter, type PrinterSettings, printerOf, type TicketSettings } from './printer.ts';

const SALE: SaleView = { ...sampleSale, state: 'delivered', qrMinor: 2_000 };
const TICKET: TicketSettings = {
  title: 'Quick wash',
  notes: [],
  qr: 'https://shop.example/t/{sale}',
  timeZone: 'Asia/Bangkok',
  always: false,
};
const signal = new AbortController().signal;

let folder: string;
const made: OwnPrinter[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-printer-'));
});
afterEach(async () => {
  for (const own of made.splice(0)) await own.printer.close();
  rmSync(folder, { recursive: true });
});

async function own(wanted: PrinterSettings, language: () => 'en' | 'th' = () => 'en', clock: Clock = systemClock()): Promise<OwnPrinter> {
  const printer = await printerOf(wanted, { ticket: TICKET, language, clock });
  if (!printer) throw new RangeError('no printer was made');
  made.push(printer);
  return printer;
}

const scan = ({ width, height, data }: { width: number; height: number; data: Uint8ClampedArray }) =>
  jsqr.default(data, width, height)?.data;
const scanImage = (image: TicketImage) => {
  const { width, height, rgba } = ticketRaster(image);
  return scan({ width, height, data: new Uint8ClampedArray(rgba) });
};

test('without a word in the configuration there is none', async () => {
  expect(await printerOf(undefined, { ticket: TICKET, language: () => 'en', clock: systemClock() })).toBeNull();
});

test('pictures instead of paper: the ticket of a sale in a file, which the tray shows', async () => {
  const directory = join(folder, 'tickets');
  const { tickets, tray } = await own({ driver: 'png', directory, dots: 384 });
  expect(tray?.latest()).toBeNull();
  await tickets.printer.print(await tickets.draw(SALE, false), signal);
  expect(readdirSync(directory)).toEqual(['ticket-000001.png']);
  const file = readFileSync(join(directory, 'ticket-000001.png'));
  expect(Buffer.from(tray?.latest() ?? [])).toEqual(file);
  const picture = readPng(file);
  expect(picture.width).toBe(384);
  expect(scan(picture)).toBe('https://shop.example/t/sale-1');
});

test('a trouble that the tray is given is the printer’s', async () => {
  const { tickets, tray } = await own({ driver: 'png', directory: folder, dots: 384 });
  const image = await tickets.draw(SALE, false);
  tray?.setFault('paper-out');
  await expect(tickets.printer.print(image, signal)).rejects.toMatchObject({ code: 'printer-paper-out' });
  expect(tray?.latest()).toBeNull();
  tray?.setFault(null);
  await tickets.printer.print(image, signal);
  expect(tray?.latest()).not.toBeNull();
});

test('tickets are as wide as the paper, and speak the language of the moment; a copy says that it is one', async () => {
  let language: 'en' | 'th' = 'en';
  const clock = new FakeClock();
  const { tickets } = await own({ driver: 'png', directory: folder, dots: 576 }, () => language, clock);
  const english = await tickets.draw(SALE, false);
  const copy = await tickets.draw(SALE, true);
  language = 'th';
  const thai = await tickets.draw(SALE, false);
  clock.advance(60_000);
  const later = await tickets.draw(SALE, false);
  clock.trusted = false;
  const unsure = await tickets.draw(SALE, false);
  const all = [english, copy, thai, later, unsure];
  expect(all.map(({ width }) => width)).toEqual(Array(5).fill(576));
  expect(new Set(all.map(({ bits }) => Buffer.from(bits).toString('base64'))).size).toBe(5);
  expect(copy.height).toBeGreaterThan(english.height);
  for (const image of all) expect(scanImage(image)).toBe('https://shop.example/t/sale-1');
});

test('a printer on the network gets the dots of the ticket, and has no tray', async () => {
  const scripted = new ScriptedPrinter({ dots: 384 });
  const served = await servePrinter(scripted);
  const connection = { kind: 'tcp', host: '127.0.0.1', port: served.port } as const;
  const { tickets, tray, printer } = await own({ driver: 'escpos', connection, dots: 384, cut: 'full' });
  expect(tray).toBeNull();
  const image = await tickets.draw(SALE, false);
  await tickets.printer.print(image, signal);
  await printer.close();
  await served.close();
  scripted.finish();
  expect(scripted.cuts).toEqual(['full']);
  const [ticket] = scripted.tickets;
  expect(ticket && scanImage(ticket)).toBe('https://shop.example/t/sale-1');
});

test.each([
  { kind: 'serial', path: '/dev/no-such-port', baud: 9_600, flow: 'none' },
  { kind: 'device', path: '/dev/no-such-printer' },
] as const)('a printer that is not there is told with the first ticket, not before: $kind', async (connection) => {
  const { tickets } = await own({ driver: 'escpos', connection, dots: 384, cut: 'none' });
  const image = await tickets.draw(SALE, false);
  await expect(tickets.printer.print(image, signal)).rejects.toMatchObject({ code: 'printer-offline', blame: 'device' });
});

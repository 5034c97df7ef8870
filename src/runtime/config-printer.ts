import * as v from 'valibot';
import { isTimeZone, MOST_TICKET_NOTES } from '../domain/ticket.ts';
import { BAUD_RATES } from '../drivers/serial/stty.ts';
import { choice, flag, section, text, whole } from './fields.ts';

const dots = () =>
  v.optional(v.pipe(whole('Dots across the paper: 384 on 58 mm, 576 on 80 mm', 256, 1_024), v.multipleOf(8, 'a multiple of 8')), 384);

const connection = () =>
  v.pipe(
    v.variant(
      'kind',
      [
        section(
          {
            kind: v.literal('tcp'),
            host: text('Name or address of the printer', 253, /^[\w.:-]+$/, 'a host name or an IP address'),
            port: v.optional(whole('TCP port', 1, 65_535), 9_100),
          },
          'By the network',
        ),
        section(
          {
            kind: v.literal('serial'),
            path: text('The port, such as /dev/ttyUSB0', 300, /^\/dev\//, 'a path below /dev'),
            baud: v.optional(v.pipe(v.picklist(BAUD_RATES, BAUD_RATES.join(', ')), v.description('Speed of the port')), 9_600),
            flow: v.optional(choice('How the printer says that it cannot take more', ['rts-cts', 'xon-xoff', 'none']), 'rts-cts'),
          },
          'By a serial port',
        ),
        section(
          { kind: v.literal('device'), path: text('The device, such as /dev/usb/lp0', 300, /^\/dev\//, 'a path below /dev') },
          "By USB, as the kernel's printer driver gives it",
        ),
      ],
      'a section with the kind "tcp", "serial" or "device"',
    ),
    v.description('How the printer is reached'),
  );

/** The `printer` section. */
export const printerSection = () =>
  v.pipe(
    v.variant(
      'driver',
      [
        section(
          {
            driver: v.literal('escpos'),
            connection: connection(),
            dots: dots(),
            cut: v.optional(choice('How the paper is cut', ['partial', 'full', 'none']), 'partial'),
          },
          'A ticket printer that speaks ESC/POS',
        ),
        section(
          { driver: v.literal('png'), directory: text('Where the tickets go, a picture each', 300), dots: dots() },
          'Pictures instead of paper',
        ),
      ],
      'a section with the driver "escpos" or "png"',
    ),
    v.description('What prints tickets'),
  );

/** The `ticket` section. */
export const ticketSection = () =>
  section(
    {
      title: v.exactOptional(text("The operator's name", 100)),
      notes: v.optional(
        v.pipe(
          v.array(text('A line', 200), 'a list of texts'),
          v.maxLength(MOST_TICKET_NOTES, `at most ${MOST_TICKET_NOTES} lines`),
          v.description('Lines below it: address, tax number, a word of thanks'),
        ),
        [],
      ),
      qr: v.optional(text('What the QR says; {sale} is the id of the sale', 300), '{sale}'),
      timeZone: v.optional(
        v.pipe(
          v.string('the name of a time zone'),
          // The default needs no asking: the time zones of the world are eight megabytes.
          v.check((zone) => zone === 'UTC' || isTimeZone(zone), 'the name of a time zone, such as Asia/Bangkok'),
          v.description('Where the box stands'),
        ),
        'UTC',
      ),
      always: v.optional(flag('Print a ticket for every sale that was paid, without being asked'), false),
    },
    'What stands on tickets',
  );

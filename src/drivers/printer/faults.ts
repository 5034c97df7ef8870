import { CallerFault, DeviceFault, Fault } from '../../domain/fault.ts';
import { MOST_TICKET_ROWS, type PrinterState, type TicketImage } from '../../ports/printer.ts';

type Trouble = Exclude<PrinterState, { state: 'ready' }>;

const TROUBLES: Readonly<Record<Trouble['state'], { readonly message: string; readonly remedy: string }>> = {
  'paper-out': { message: 'The printer is out of paper', remedy: 'Put in a new roll of paper.' },
  'cover-open': { message: 'The cover of the printer is open', remedy: 'Close the cover of the printer.' },
  offline: { message: 'The printer does not answer', remedy: 'Check that the printer is switched on and connected.' },
  failed: { message: 'The printer does not work', remedy: 'Look at the lights of the printer; switch it off and on again.' },
};

/** What a state other than ready is to a ticket that was to be printed; customers read it too. */
export function troubleFault({ state, detail }: Trouble, cause?: unknown): DeviceFault {
  const { message, remedy } = TROUBLES[state];
  return new DeviceFault(message, { code: `printer-${state}`, ...(detail === '' ? {} : { found: detail }), remedy, cause });
}

export const offline = (detail: string, cause?: unknown): DeviceFault => troubleFault({ state: 'offline', detail }, cause);

/** The way to the printer does not work; `at` names it. */
export function unreachable(at: string, cause: unknown): DeviceFault {
  if (cause instanceof Fault) return offline(`${at}: ${cause.explain()}`, cause);
  const { code, message } = cause as NodeJS.ErrnoException;
  return offline(`${at}: ${code ?? message}`, cause);
}

export const aborted = (): DeviceFault =>
  new DeviceFault('The printer is not waited for any longer', { code: 'printer-aborted', remedy: 'Print it again when it is wanted.' });

/** What a fault says about the printer, for those who only ask how it is. */
export function stateOfFault(error: unknown): Trouble {
  if (!(error instanceof Fault)) return { state: 'failed', detail: String(error) };
  const state = (Object.keys(TROUBLES) as Trouble['state'][]).find((one) => error.code === `printer-${one}`);
  return { state: state ?? 'offline', detail: error.found ?? error.message };
}

/** @throws CallerFault `ticket-image-invalid` */
export function checkImage({ width, height, bits }: TicketImage, dots: number): void {
  const wide = Number.isInteger(width) && width > 0 && width % 8 === 0 && width <= dots;
  const high = Number.isInteger(height) && height > 0 && height <= MOST_TICKET_ROWS;
  if (wide && high && bits.length === (width / 8) * height) return;
  throw new CallerFault('The picture cannot be printed as a ticket', {
    code: 'ticket-image-invalid',
    found: `${width}x${height} dots in ${bits.length} bytes`,
    expected: `a multiple of 8 up to ${dots} dots across, 1 to ${MOST_TICKET_ROWS} rows, 8 dots a byte`,
  });
}

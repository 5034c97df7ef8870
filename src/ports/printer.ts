/** A ticket as the printer needs it: one bit a dot, rows from the top, 8 dots a byte with the leftmost in the highest bit, 1 for black. */
export interface TicketImage {
  /** Dots across: a multiple of 8, at most `Printer.dots`. */
  readonly width: number;
  /** 1 to `MOST_TICKET_ROWS`. */
  readonly height: number;
  readonly bits: Uint8Array;
}

/** A metre of paper at the usual 8 dots a millimetre. */
export const MOST_TICKET_ROWS = 8_000;

export type PrinterState =
  | { readonly state: 'ready'; readonly paperLow: boolean }
  | { readonly state: 'paper-out' | 'cover-open' | 'offline' | 'failed'; readonly detail: string };

/**
 * Prints tickets, one at a time: what comes meanwhile waits. `print` resolves when the printer itself says that it is
 * ready after the ticket and its cut, so that paper which ran out on the way is noticed. It rejects with DeviceFault
 * `printer-paper-out`, `printer-cover-open`, `printer-offline` or `printer-failed`, or `printer-aborted` after its signal
 * or `close`; some of the ticket may be on paper then. A picture that is no ticket is CallerFault `ticket-image-invalid`.
 */
export interface Printer {
  /** Dots across the paper, for the layout: 384 on 58 mm, 576 on 80 mm. */
  readonly dots: number;
  print(image: TicketImage, signal: AbortSignal): Promise<void>;
  /** Asks the printer; never throws. */
  status(signal: AbortSignal): Promise<PrinterState>;
  close(): Promise<void>;
}

import type { PrinterState } from '../../ports/printer.ts';

/** The answers to DLE EOT 1 to 4, in this order: printer, cause of being offline, cause of an error, paper sensors. */
export type StatusBytes = readonly [printer: number, offline: number, error: number, paper: number];

/** Whether a byte is an answer to DLE EOT: bits 1 and 4 are set, 0 and 7 are not (no other answer has these). */
export const isStatus = (byte: number): boolean => (byte & 0x93) === 0x12;

/** Whether a byte is an answer to GS r: bits 4 and 7 are not set. */
export const isConfirmation = (byte: number): boolean => (byte & 0x90) === 0;

/** Whether the answer to DLE EOT 1 says that the printer takes no data. */
export const saysOffline = (printer: number): boolean => (printer & 0x08) !== 0;

/**
 * What the four answers to DLE EOT say together (Epson's ESC/POS reference, DLE EOT). Where several things are wrong, the
 * one that a person has to do first comes first: with an open cover the paper is not seen and the cutter stands still.
 */
export function decodeStatus([printer, offline, error, paper]: StatusBytes): PrinterState {
  if (error & 0x20) return { state: 'failed', detail: 'an error that only switching it off and on may end' };
  if (offline & 0x04) return { state: 'cover-open', detail: 'the cover is open' };
  if (offline & 0x20 || (paper & 0x60) === 0x60) return { state: 'paper-out', detail: 'there is no paper' };
  if (error & 0x08) return { state: 'failed', detail: 'the cutter is stuck' };
  if (error & 0x40) return { state: 'failed', detail: 'the print head is too hot, or another error that passes' };
  if (error & 0x04 || offline & 0x40) return { state: 'failed', detail: 'an error that a person has to end at the printer' };
  if (offline & 0x08) return { state: 'offline', detail: 'its paper feed button is pressed' };
  if (printer & 0x20) return { state: 'offline', detail: 'it waits for its button to be pressed' };
  if (saysOffline(printer)) return { state: 'offline', detail: 'it says that it is offline' };
  return { state: 'ready', paperLow: (paper & 0x0c) !== 0 };
}

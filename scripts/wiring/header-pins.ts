import type { Board } from '../../src/domain/board.ts';

/**
 * What each pin of the 40-pin header is, from pin 1 on: the same on every Raspberry Pi from the B+ on, Zero included
 * (Raspberry Pi documentation, "GPIO and the 40-pin header"). GPIO0 and GPIO1 are for the memory of an add-on board.
 */
export const HEADER: readonly string[] = [
  ...['3.3 V', '5 V', 'GPIO2', '5 V', 'GPIO3', 'GND', 'GPIO4', 'GPIO14', 'GND', 'GPIO15'],
  ...['GPIO17', 'GPIO18', 'GPIO27', 'GND', 'GPIO22', 'GPIO23', '3.3 V', 'GPIO24', 'GPIO10', 'GND'],
  ...['GPIO9', 'GPIO25', 'GPIO11', 'GPIO8', 'GND', 'GPIO7', 'GPIO0', 'GPIO1', 'GPIO5', 'GND'],
  ...['GPIO6', 'GPIO12', 'GPIO13', 'GND', 'GPIO19', 'GPIO16', 'GPIO26', 'GPIO20', 'GND', 'GPIO21'],
];

/** A pin as a picture names it. */
export interface NamedPin {
  /** What the board file calls it. */
  readonly name: string;
  readonly line: string;
  /** Its number on the header, 1 to 40. */
  readonly pin: number;
}

/** The pin of an input or output of the board. @throws RangeError when the board has no such name, or the header no such line */
export function pinOf({ inputs, outputs }: Board, name: string): NamedPin {
  const line = { ...inputs, ...outputs }[name]?.line;
  const at = line === undefined ? -1 : HEADER.indexOf(line);
  if (line === undefined || at < 0) throw new RangeError(`the header has no pin for ${name} (${line ?? 'not in the board file'})`);
  return { name, line, pin: at + 1 };
}

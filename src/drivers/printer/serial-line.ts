import type { Clock } from '../../ports/clock.ts';
import { type SerialSettings, setSerial } from '../serial/stty.ts';
import type { Line } from './channel.ts';
import { deviceLine } from './device-line.ts';
import { unreachable } from './faults.ts';

/** Bits that a byte takes on the line: start, eight of data, stop. */
const BITS_A_BYTE = 10;

/** A printer on a serial port, which is set each time it is opened. */
export function serialLine(settings: SerialSettings, clock: Clock): Line {
  const { path, baud } = settings;
  const device = deviceLine(path, clock);
  return {
    bytesPerSecond: baud / BITS_A_BYTE,
    async open(listener, signal) {
      // Open first: some ports forget their settings when nobody has them open.
      const channel = await device.open(listener, signal);
      try {
        await setSerial(settings, signal);
        return channel;
      } catch (error) {
        await channel.close();
        throw unreachable(path, error);
      }
    },
  };
}

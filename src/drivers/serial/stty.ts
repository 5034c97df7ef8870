import { execFile } from 'node:child_process';
import { DeviceFault } from '../../domain/fault.ts';

export const BAUD_RATES = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200] as const;

export interface SerialSettings {
  /** `/dev/ttyS0`, `/dev/ttyUSB0`, `/dev/serial/by-id/…`. */
  readonly path: string;
  readonly baud: (typeof BAUD_RATES)[number];
  /** How the device says that it cannot take more: by its wires (a printer's DTR on the box's CTS), by XOFF, or not at all. */
  readonly flow: 'rts-cts' | 'xon-xoff' | 'none';
}

/** Only the box waits: an XOFF of its own would get among the bytes of a picture. */
const FLOWS: Readonly<Record<SerialSettings['flow'], readonly string[]>> = {
  'rts-cts': ['crtscts', '-ixon', '-ixoff'],
  'xon-xoff': ['-crtscts', 'ixon', '-ixoff', '-ixany'],
  none: ['-crtscts', '-ixon', '-ixoff'],
};
const TIME_LIMIT_MS = 5_000;

/**
 * Sets a serial port with coreutils' `stty`: bytes as they are, 8 data bits, no parity, 1 stop bit, no modem lines.
 * @throws DeviceFault `serial-not-set`
 */
export function setSerial({ path, baud, flow }: SerialSettings, signal: AbortSignal): Promise<void> {
  const settings = [String(baud), 'raw', '-echo', 'cs8', '-parenb', '-cstopb', 'cread', 'clocal', '-hupcl', ...FLOWS[flow]];
  return new Promise((resolve, reject) => {
    execFile('stty', ['-F', path, ...settings], { signal, timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' }, (error, _, complaint) => {
      if (!error) return resolve();
      reject(
        new DeviceFault(`The serial port ${path} cannot be set`, {
          code: 'serial-not-set',
          found: complaint.trim() || error.message,
          expected: `a serial port that takes ${baud} baud`,
          remedy: 'Check the path of the port and who may use it (group dialout).',
          cause: error,
        }),
      );
    });
  });
}

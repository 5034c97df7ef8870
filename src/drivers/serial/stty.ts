import { execFile } from 'node:child_process';
import { DeviceFault } from '../../domain/fault.ts';

export const BAUD_RATES = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200] as const;

export interface SerialSettings {
  /** `/dev/ttyS0`, `/dev/ttyUSB0`, `/dev/serial/by-id/…`. */
  readonly path: string;
  readonly baud: (typeof BAUD_RATES)[number];
  /** How the device says that it cannot take more: by its wires (a printer's DTR on the box's CTS), by XOFF, or not at all. */
  readonly flow: 'rts-cts' | 'xon-xoff' | 'none';
  /** None unless given. A byte whose parity is wrong is read as 0: the kernel says nothing else about it. */
  readonly parity?: Parity;
}

export type Parity = 'none' | 'even';

/** Only the box waits: an XOFF of its own would get among the bytes of a picture. */
const FLOWS: Readonly<Record<SerialSettings['flow'], readonly string[]>> = {
  'rts-cts': ['crtscts', '-ixon', '-ixoff'],
  'xon-xoff': ['-crtscts', 'ixon', '-ixoff', '-ixany'],
  none: ['-crtscts', '-ixon', '-ixoff'],
};
/** Without `inpck` a damaged byte would be taken for a good one. A terminal pair knows no parity and refuses it. */
const PARITIES: Readonly<Record<Parity, readonly string[]>> = {
  none: ['-parenb', '-inpck'],
  even: ['parenb', '-parodd', 'inpck', '-ignpar', '-parmrk'],
};
const TIME_LIMIT_MS = 5_000;

/** What `stty` is called with: bytes as they are, 8 data bits, 1 stop bit, no modem lines. */
export const sttyArguments = ({ path, baud, flow, parity = 'none' }: SerialSettings): readonly string[] => [
  ...['-F', path, String(baud), 'raw', '-echo', 'cs8', '-cstopb', 'cread', 'clocal', '-hupcl'],
  ...PARITIES[parity],
  ...FLOWS[flow],
];

/**
 * Sets a serial port with coreutils' `stty`.
 * @throws DeviceFault `serial-not-set`
 */
export function setSerial(settings: SerialSettings, signal: AbortSignal): Promise<void> {
  const { path, baud } = settings;
  return new Promise((resolve, reject) => {
    execFile('stty', [...sttyArguments(settings)], { signal, timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' }, (error, _, complaint) => {
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

import type { Socket } from 'node:net';
import { systemClock } from '../../src/runtime/clock.ts';
import { FakeCcTalkDevice } from '../../src/testkit/cctalk-device.ts';
import { CcTalkWire } from '../../src/testkit/cctalk-wire.ts';
import { ScriptedIctDevice } from '../../src/testkit/ict-device.ts';
import { ScriptedPrinter } from '../../src/testkit/scripted-printer.ts';
import { PRINTER_DOTS } from './guest-box.ts';

/** What is on the serial ports of the machine, in the order of the ports. */
export interface SerialDevices {
  readonly printer: ScriptedPrinter;
  /** One ccTalk wire. */
  readonly coins: FakeCcTalkDevice;
  readonly bills: FakeCcTalkDevice;
  readonly notes: ScriptedIctDevice;
  /** @throws an Error about what they should not have been told, or have not been told */
  finish(): void;
}

/** Plugs a printer, two ccTalk acceptors on one wire, and an ICT bill acceptor into these ports. */
export function plugInto([printerPort, wirePort, notesPort]: readonly Socket[]): SerialDevices {
  if (!printerPort || !wirePort || !notesPort) throw new TypeError('the machine has three serial ports at least');
  const clock = systemClock();
  const printer = new ScriptedPrinter({ dots: PRINTER_DOTS });
  printer.answer = (bytes) => void printerPort.write(bytes);
  printerPort.on('data', (bytes: Buffer) => printer.receive(bytes));
  const coins = new FakeCcTalkDevice({ clock, method: 'coin' });
  const bills = new FakeCcTalkDevice({ clock, method: 'bill' });
  const wire = new CcTalkWire(coins, bills);
  wire.toHost = (bytes) => void wirePort.write(bytes);
  wirePort.on('data', (bytes: Buffer) => wire.fromHost(bytes));
  const notes = new ScriptedIctDevice(clock, []);
  notes.say = (bytes) => void notesPort.write(bytes);
  notesPort.on('data', (bytes: Buffer) => notes.receive(bytes));
  const finish = () => {
    for (const device of [printer, coins, bills, notes]) device.finish();
  };
  return { printer, coins, bills, notes, finish };
}

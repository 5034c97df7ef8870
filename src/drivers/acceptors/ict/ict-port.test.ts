import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BoardIctAcceptor } from '../../../domain/board.ts';
import type { Acceptor, AcceptorEvent } from '../../../ports/acceptor.ts';
import { HurriedClock } from '../../../testkit/hurried-clock.ts';
import { ScriptedIctDevice } from '../../../testkit/ict-device.ts';
import { needsPython, openPty, type Pty } from '../../../testkit/pty.ts';
import { serialLink } from '../../serial/serial-link.ts';
import { sttyArguments } from '../../serial/stty.ts';
import { ICT_LINE, ictBillAcceptor } from './ict-acceptor.ts';

const python = needsPython();

describe.skipIf(python.missing)(`a bill acceptor on a real port${python.why}`, () => {
  const clock = new HurriedClock();
  let folder: string;
  let path: string;
  let pty: Pty | null;
  let device: ScriptedIctDevice;
  let acceptor: Acceptor;
  let events: AcceptorEvent[];
  let changed: PromiseWithResolvers<void>;

  const plug = async () => {
    const plugged = await openPty((bytes) => device.receive(bytes));
    device.say = (bytes) => plugged.write(bytes);
    symlinkSync(plugged.path, path);
    pty = plugged;
  };
  const unplug = async () => {
    rmSync(path, { force: true });
    await pty?.close();
  };
  const make = (boot: string): Acceptor => {
    const entry: BoardIctAcceptor = { name: 'bill', method: 'bill', kind: 'ict', device: path, denominations: { '1': 2_000, '2': 5_000 } };
    // A terminal pair knows no parity.
    return ictBillAcceptor({ entry, link: serialLink({ ...ICT_LINE, path, parity: 'none' }), clock, boot });
  };
  const onEvent = (event: AcceptorEvent) => {
    events.push(event);
    changed.resolve();
    changed = Promise.withResolvers();
  };
  /** The first event of such a kind that has come or comes; it and those before it are then forgotten. */
  const next = async <K extends AcceptorEvent['kind']>(kind: K): Promise<Extract<AcceptorEvent, { kind: K }>> => {
    for (;;) {
      const at = events.findIndex((event) => event.kind === kind);
      if (at >= 0) return events.splice(0, at + 1)[at] as Extract<AcceptorEvent, { kind: K }>;
      await changed.promise;
    }
  };
  const told = async (inhibited: boolean) => {
    while (device.inhibited !== inhibited) await new Promise<void>((resolve) => void clock.after(2, resolve));
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tilld-bills-'));
    path = join(folder, 'port');
    events = [];
    changed = Promise.withResolvers();
    device = new ScriptedIctDevice(clock, ['disable', 'enable']);
    device.moveMs = 20;
    await plug();
    acceptor = make('boot1');
    await acceptor.start(onEvent);
    await acceptor.enable();
    await told(false);
  });
  afterEach(async () => {
    if (!device.inhibited) device.expect('disable');
    await acceptor.stop();
    if (!device.inhibited) await told(true);
    await unplug();
    rmSync(folder, { recursive: true });
    device.finish();
  });

  it('is credited with what is stacked, and only that', async () => {
    device.expect('accept', 'giveBack', 'giveBack');
    device.insert(2);
    const { piece } = await next('escrowed');
    await acceptor.escrow?.stack(piece);
    expect(await next('credited')).toEqual({ kind: 'credited', train: 'boot1.bill.1', piece, amountMinor: 5_000 });
    device.insert(1);
    await acceptor.escrow?.giveBack((await next('escrowed')).piece);
    expect(await next('returned')).toMatchObject({ piece: 'boot1.bill.2' });
    // Damaged on its way, and no channel any more.
    device.tell(0x81, 0x00);
    expect(await next('rejected')).toEqual({ kind: 'rejected', reason: 'a note of no known value' });
    device.tell(0x11);
    await next('rejected');
    expect([device.stacked, device.returned, events]).toEqual([[2], [1], []]);
  });

  it('is found again when its plug was out, and gives back what it held', async () => {
    device.insert(1);
    const { piece } = await next('escrowed');
    await unplug();
    expect(await next('fault')).toMatchObject({ code: 'serial-lost' });
    expect(await next('returned')).toMatchObject({ piece, reason: 'the acceptor went away' });
    device.expect('giveBack', 'enable');
    device.inhibited = true;
    await plug();
    expect(await next('rejected')).toEqual({ kind: 'rejected', reason: 'a note was given back' });
    await told(false);
    expect(device.returned).toEqual([1]);
  });

  it('takes nothing for granted after a box that died', async () => {
    device.insert(1);
    await next('escrowed');
    // Its program is gone without a word, and with it the port.
    await unplug();
    await next('returned');
    await acceptor.stop();
    device.expect('giveBack', 'disable');
    await plug();
    acceptor = make('boot2');
    const started = acceptor.start(onEvent);
    expect(await next('rejected')).toEqual({ kind: 'rejected', reason: 'a note was given back' });
    await started;
    await told(true);
    device.tell(0x10);
    expect(await next('unassigned')).toEqual({
      kind: 'unassigned',
      train: expect.stringMatching(/^boot2\.bill\.\d$/),
      pulses: 1,
      widthsMs: [],
    });
  });
});

it('asks the kernel to mark damaged bytes', () => {
  const settings = sttyArguments({ ...ICT_LINE, path: '/dev/ttyUSB0', flow: 'none' });
  expect(settings).toEqual(expect.arrayContaining(['9600', 'cs8', 'parenb', '-parodd', 'inpck', '-parmrk', '-ignpar', '-cstopb']));
});

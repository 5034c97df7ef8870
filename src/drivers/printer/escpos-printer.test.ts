import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../ports/clock.ts';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { HurriedClock } from '../../testkit/hurried-clock.ts';
import { sampleImage } from '../../testkit/sample-tickets.ts';
import { ScriptedPrinter } from '../../testkit/scripted-printer.ts';
import { type ServedPrinter, servePrinter } from '../../testkit/served-printer.ts';
import type { Channel, Line, Listener } from './channel.ts';
import { deviceLine } from './device-line.ts';
import type { Cut } from './escpos.ts';
import { EscPosPrinter } from './escpos-printer.ts';
import { serialLine } from './serial-line.ts';
import { tcpLine } from './tcp-line.ts';

const NEVER = new AbortController().signal;
const IMAGE = sampleImage(384, 200, 7);

let served: ServedPrinter | null = null;
afterEach(async () => {
  await served?.close();
  served = null;
});

async function onNetwork(scripted: ScriptedPrinter, cut: Cut = 'partial', answerMs?: number): Promise<EscPosPrinter> {
  served = await servePrinter(scripted);
  const clock = new HurriedClock();
  const line = tcpLine({ host: '127.0.0.1', port: served.port }, clock);
  return new EscPosPrinter({ line, dots: 384, cut, clock, limits: { printMs: 100, ...(answerMs === undefined ? {} : { answerMs }) } });
}

it.each<[Cut, string[]]>([
  ['full', ['full']],
  ['partial', ['partial']],
  ['none', []],
])('cuts as it is told: %s', async (cut, cuts) => {
  const scripted = new ScriptedPrinter({ dots: 384 });
  const printer = await onNetwork(scripted, cut);
  await printer.print(IMAGE, NEVER);
  await printer.close();
  expect(scripted.cuts).toEqual(cuts);
  expect(scripted.tickets).toEqual([IMAGE]);
  scripted.finish();
});

it('tells of a cutter that is stuck', async () => {
  const scripted = new ScriptedPrinter({ dots: 384 });
  const printer = await onNetwork(scripted);
  scripted.trouble = 'cutter';
  await expect(printer.print(IMAGE, NEVER)).rejects.toMatchObject({ code: 'printer-failed', found: expect.stringContaining('cutter') });
  expect(await printer.status(NEVER)).toEqual({ state: 'failed', detail: 'the cutter is stuck' });
  await printer.close();
});

it('gives a printer up that says it is ready and does not go on', async () => {
  const scripted = new ScriptedPrinter({ dots: 384 });
  const printer = await onNetwork(scripted);
  await printer.print(IMAGE, NEVER);
  scripted.trouble = 'stuck';
  await expect(printer.print(IMAGE, NEVER)).rejects.toMatchObject({
    code: 'printer-failed',
    blame: 'device',
    found: expect.stringContaining('does not go on'),
    remedy: expect.stringMatching(/\w/),
  });
  await printer.close();
});

describe('a printer that never confirms what it has printed', () => {
  const open = async () => {
    const scripted = new ScriptedPrinter({ dots: 384, neverConfirms: true });
    return { scripted, printer: await onNetwork(scripted, 'partial', 1_000) };
  };

  it('is asked after every part instead', async () => {
    const { scripted, printer } = await open();
    await printer.print(IMAGE, NEVER);
    await printer.print(IMAGE, NEVER);
    await printer.close();
    expect(scripted.tickets).toEqual([IMAGE, IMAGE]);
    scripted.finish();
  });

  it('still tells of paper that ends in the middle of a ticket', async () => {
    const { scripted, printer } = await open();
    scripted.rowsLeft = 50;
    await expect(printer.print(IMAGE, NEVER)).rejects.toMatchObject({ code: 'printer-paper-out' });
    scripted.trouble = null;
    await printer.print(IMAGE, NEVER);
    await printer.close();
    expect(scripted.tickets.at(-1)).toEqual(IMAGE);
    scripted.finish();
  });
});

it('is not upset by what an unfinished picture of another program does to the printer', async () => {
  const scripted = new ScriptedPrinter({ dots: 384 });
  const printer = await onNetwork(scripted);
  // ESC @, and a picture of which half is missing.
  scripted.receive(Uint8Array.of(0x1b, 0x40, 0x1d, 0x76, 0x30, 0, 48, 0, 20, 0, ...new Array<number>(500).fill(0xaa)));
  await printer.print(IMAGE, NEVER);
  await printer.close();
  const [ticket] = scripted.tickets;
  expect(ticket?.height).toBe(220);
  expect(ticket?.bits.subarray(20 * 48)).toEqual(IMAGE.bits);
  scripted.finish();
});

describe('a way to the printer that is none', () => {
  const offlineAt = async (line: Line, clock: Clock) => {
    const printer = new EscPosPrinter({ line, dots: 384, cut: 'none', clock });
    const error = await printer.print(IMAGE, NEVER).catch((fault: unknown) => fault);
    const status = await printer.status(NEVER);
    await printer.close();
    expect(error).toMatchObject({ code: 'printer-offline', blame: 'device' });
    expect(status.state).toBe('offline');
    return 'detail' in status ? status.detail : '';
  };
  const clock = new HurriedClock();

  it.each(['/dev/does-not-exist', '/dev'])('at %s is told with its name', async (path) => {
    expect(await offlineAt(deviceLine(path, clock), clock)).toContain(path);
    expect(await offlineAt(serialLine({ path, baud: 9_600, flow: 'none' }, clock), clock)).toContain(path);
  });

  it('is no serial port', async () => {
    const detail = await offlineAt(serialLine({ path: '/dev/null', baud: 9_600, flow: 'xon-xoff' }, clock), clock);
    expect(detail).toMatch(/\/dev\/null.*cannot be set/);
  });

  it('refuses connections', async () => {
    const server: Server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    await new Promise((resolve) => server.close(resolve));
    expect(await offlineAt(tcpLine({ host: '127.0.0.1', port }, clock), clock)).toContain('ECONNREFUSED');
  });

  it('takes connections, says nonsense without end, and is offline all the same', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => socket.destroy());
      const flood = () => {
        while (!socket.destroyed && socket.write(new Uint8Array(65_536).fill(0x80)));
      };
      socket.on('drain', flood);
      flood();
    });
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    const hurried = new HurriedClock();
    hurried.hurry = true;
    expect(await offlineAt(tcpLine({ host: '127.0.0.1', port }, hurried), hurried)).toBe('it does not answer');
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a way to the printer that hangs', () => {
  const hanging = (channel: Channel | null): Line & { listener: Listener | null } => ({
    bytesPerSecond: 960,
    listener: null,
    open(listener, signal) {
      this.listener = listener;
      if (channel) return Promise.resolve(channel);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('no way'))));
    },
  });
  const never = new Promise<never>(() => {});

  it('is given up when it cannot be opened in time', async () => {
    const clock = new FakeClock();
    const printer = new EscPosPrinter({ line: hanging(null), dots: 384, cut: 'none', clock });
    const status = printer.status(NEVER);
    await settle();
    clock.advance(4_999);
    await settle();
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    expect((await status).state).toBe('failed');
    await printer.close();
  });

  it('is given up when it takes nothing, in the time that its speed needs and ten seconds', async () => {
    const clock = new FakeClock();
    let closed = 0;
    const channel: Channel = {
      write: () => never,
      close: async () => {
        closed++;
      },
    };
    const printer = new EscPosPrinter({ line: hanging(channel), dots: 384, cut: 'none', clock });
    const status = printer.status(NEVER);
    await settle();
    clock.advance(10_000);
    await settle();
    expect(closed).toBe(0);
    // Three bytes at 960 a second.
    clock.advance(4);
    expect(await status).toEqual({ state: 'offline', detail: 'it takes no data' });
    expect([closed, clock.pending()]).toEqual([1, 0]);
    await printer.close();
  });

  it('is asked again at the next ticket, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const line = hanging({ write: async () => {}, close: async () => {} });
    const printer = new EscPosPrinter({ line, dots: 384, cut: 'none', clock });
    const status = printer.status(NEVER);
    await settle();
    line.listener?.gone(new Error('pulled out'));
    expect(await status).toEqual({ state: 'failed', detail: 'Error: pulled out' });
    const again = printer.status(NEVER);
    for (let n = 0; n < 4; n++) {
      await settle();
      line.listener?.bytes(Uint8Array.of(0x80, 0x12));
    }
    expect(await again).toEqual({ state: 'ready', paperLow: false });
    expect(clock.pending()).toBe(0);
    await printer.close();
  });
});

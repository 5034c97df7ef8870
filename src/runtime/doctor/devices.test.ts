import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DoctorWorld, doctorWorld, findingOfCheck } from '../../testkit/doctor-world.ts';
import { HurriedClock } from '../../testkit/hurried-clock.ts';
import { needsPython, openPty } from '../../testkit/pty.ts';
import { ScriptedPrinter } from '../../testkit/scripted-printer.ts';
import { servePrinter } from '../../testkit/served-printer.ts';
import type { Settings } from '../config.ts';
import { deviceChecks, printerChecks, serialChecks, serialPorts } from './devices.ts';

let world: DoctorWorld;
beforeEach(() => {
  world = doctorWorld();
});
afterEach(() => world.remove());

const on = (device: string) => ({ acceptors: [{ name: 'bill', device }, { name: 'coin' }] });
const PRINTER = { driver: 'escpos', dots: 384, cut: 'full' } as const;

describe('serial ports', () => {
  it('are those of acceptors and of a printer, each once', () => {
    const serial = { kind: 'serial', path: '/dev/ttyS1', baud: 9_600, flow: 'none' } as const;
    expect(serialPorts(on('/dev/ttyUSB0'), { printer: { ...PRINTER, connection: serial } })).toEqual([
      { path: '/dev/ttyUSB0', user: 'acceptor bill' },
      { path: '/dev/ttyS1', user: 'printer' },
    ]);
    expect(serialPorts(on('/dev/ttyS1'), { printer: { ...PRINTER, connection: serial } })).toHaveLength(1);
  });

  it('that are missing or no devices are told', async () => {
    expect(await findingOfCheck(serialChecks(on('/dev/ttyUSB0'), {}, world), 'serial-port')).toMatchObject({
      verdict: 'fault',
      reason: 'serial-missing',
    });
    world.put('dev/ttyUSB0', 'a file');
    expect(await findingOfCheck(serialChecks(on('/dev/ttyUSB0'), {}, world), 'serial-port')).toMatchObject({ reason: 'serial-no-device' });
  });

  const python = needsPython();
  it.skipIf(python.missing)(`are free, in use by somebody who is named, or the console's${python.why}`, async () => {
    const pty = await openPty(() => undefined);
    const check = async (root: string) =>
      findingOfCheck(serialChecks(on(root === '/' ? pty.path : '/dev/port'), {}, { ...world, root }), 'serial-port');
    // The program at its near end is the one who keeps it open.
    expect(await check('/')).toMatchObject({
      verdict: 'fault',
      reason: 'serial-busy',
      found: expect.stringMatching(/in use by python3\S* \(\d+\)/),
    });
    world.folder('dev');
    symlinkSync(pty.path, join(world.root, 'dev/port'));
    expect(await check(world.root)).toMatchObject({ verdict: 'ok' });
    const fd = openSync(pty.path, 'r+');
    const holder = spawn('sleep', ['60'], { stdio: [fd, 'ignore', 'ignore'] });
    closeSync(fd);
    await once(holder, 'spawn');
    mkdirSync(join(world.root, `proc/${holder.pid}/fd`), { recursive: true });
    symlinkSync(pty.path, join(world.root, `proc/${holder.pid}/fd/0`));
    world.put(`proc/${holder.pid}/comm`, readFileSync(`/proc/${holder.pid}/comm`, 'utf8'));
    expect(await check(world.root)).toMatchObject({ reason: 'serial-busy', found: expect.stringContaining(`sleep (${holder.pid})`) });
    world.put('proc/cmdline', `quiet console=tty1 console=port,115200`);
    expect(await check(world.root)).toMatchObject({
      verdict: 'fault',
      reason: 'serial-console',
      found: expect.stringContaining(basename(pty.path)),
    });
    holder.kill('SIGKILL');
    await pty.close();
  });
});

describe('the screen', () => {
  const display = { driver: 'framebuffer', device: 'fb0', rotation: 0, touch: { device: 'event0', x: [0, 1], y: [0, 1] } } as const;
  const find = (code: string) => findingOfCheck(deviceChecks({ display }, world), code);

  it('has a size, and a device that takes pictures', async () => {
    world.put('sys/class/graphics/fb0/virtual_size', '800,480\n');
    world.put('sys/class/graphics/fb0/bits_per_pixel', '16\n');
    world.put('sys/class/graphics/fb0/stride', '1600\n');
    expect(await find('display')).toMatchObject({ verdict: 'fault', reason: 'display-forbidden', found: '/dev/fb0 is not there' });
    world.put('dev/fb0');
    expect(await find('display')).toEqual({ verdict: 'ok', found: '800x480, rgb565' });
    await expect(findingOfCheck(deviceChecks({ display: { ...display, device: 'fb1' } }, world), 'display')).rejects.toMatchObject({
      code: 'display-missing',
    });
  });

  it('has a touch panel', async () => {
    expect(await find('touch')).toMatchObject({ verdict: 'fault', reason: 'touch-missing' });
    world.put('dev/input/event0');
    expect(await find('touch')).toMatchObject({ verdict: 'ok' });
  });

  it('may be a picture in a folder that is there', async () => {
    const picture = (file: string) => findingOfCheck(deviceChecks({ display: { driver: 'png', file } }, world), 'display');
    expect(await picture(join(world.root, 'screen.png'))).toMatchObject({ verdict: 'ok' });
    expect(await picture(join(world.root, 'no', 'screen.png'))).toMatchObject({
      verdict: 'fault',
      found: expect.stringContaining('is not there'),
    });
  });
});

it('a sound card is there, and plays', async () => {
  const find = (device = 'default') => findingOfCheck(deviceChecks({ speaker: { driver: 'alsa', device } }, world), 'sound');
  expect(await find()).toMatchObject({ verdict: 'fault', reason: 'sound-missing' });
  world.put(
    'proc/asound/cards',
    ' 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n                      bcm2835 Headphones\n 1 [vc4hdmi]: vc4 - HDMI\n',
  );
  expect(await find()).toMatchObject({ verdict: 'warning', reason: 'sound-no-output' });
  world.put('dev/snd/pcmC0D0p');
  expect(await find()).toEqual({ verdict: 'ok', found: 'bcm2835_headpho - bcm2835 Headphones; vc4 - HDMI' });
  for (const device of ['plughw:1,0', 'plughw:CARD=Headphones,DEV=0', 'hw:vc4hdmi'])
    expect(await find(device)).toMatchObject({ verdict: 'ok' });
  expect(await find('plughw:2,0')).toMatchObject({
    verdict: 'fault',
    reason: 'sound-unknown',
    found: expect.stringContaining('1 (vc4hdmi)'),
  });
});

describe('the printer', () => {
  const settingsAt = (port: number) =>
    ({ printer: { ...PRINTER, connection: { kind: 'tcp', host: '127.0.0.1', port } }, ticket: {}, language: 'en' }) as unknown as Settings;

  it('says how it is', async () => {
    const scripted = new ScriptedPrinter({ dots: 384 });
    const served = await servePrinter(scripted);
    const hurried = { ...world, clock: new HurriedClock() };
    const find = () => findingOfCheck(printerChecks(settingsAt(served.port), hurried), 'printer');
    expect(await find()).toEqual({ verdict: 'ok', found: 'ready' });
    scripted.paperLow = true;
    expect(await find()).toMatchObject({ verdict: 'warning', reason: 'printer-paper-low' });
    scripted.trouble = 'cover-open';
    expect(await find()).toMatchObject({ verdict: 'fault', reason: 'printer-cover-open', remedy: 'Close the cover of the printer.' });
    await served.unplug();
    expect(await find()).toMatchObject({ verdict: 'fault', reason: 'printer-offline', found: expect.stringContaining('ECONNREFUSED') });
  });
});

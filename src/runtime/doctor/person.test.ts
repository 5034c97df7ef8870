import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Board } from '../../domain/board.ts';
import { type DoctorWorld, doctorWorld } from '../../testkit/doctor-world.ts';
import type { Settings } from '../config.ts';
import { personCheck } from './person.ts';

let world: DoctorWorld;
beforeEach(() => {
  world = doctorWorld();
  world.put('etc/passwd', 'root:x:0:0::/root:/bin/sh\ntilld:x:990:990::/var/lib/tilld:/bin/false\n');
  world.put('etc/group', 'tilld:x:990:\ngpio:x:991:tilld\ndialout:x:20:tilld\nvideo:x:44:\n');
});
afterEach(() => world.remove());

const BOARD = { hardware: 'libgpiod', acceptors: [{ name: 'bill', device: '/dev/ttyUSB0' }] } as unknown as Board;
const SETTINGS = { display: { driver: 'framebuffer', device: 'fb0', rotation: 0 } } as unknown as Settings;
const find = (uid: number, gids: number[]) =>
  personCheck({ ...world, person: { uid, gids } }, BOARD, SETTINGS).run(new AbortController().signal);

it('is in the groups of its devices', async () => {
  expect(await find(990, [990, 991, 20, 44])).toEqual({ verdict: 'ok', found: 'tilld, in tilld, gpio, dialout, video' });
});

it('is told which groups it lacks', async () => {
  expect(await find(990, [990, 991])).toMatchObject({
    verdict: 'warning',
    reason: 'groups-missing',
    remedy: 'sudo usermod -aG dialout,video tilld, then sudo systemctl restart tilld',
  });
});

it('is told that root is no measure', async () => {
  expect(await find(0, [0])).toMatchObject({ verdict: 'warning', reason: 'user-root', remedy: expect.stringContaining('sudo -u tilld') });
});

it('goes by numbers where nobody has a name', async () => {
  expect(await findNumbers()).toMatchObject({ found: expect.stringContaining('4321, in 5') });
});

const findNumbers = () => find(4_321, [5, 991, 20, 44]);

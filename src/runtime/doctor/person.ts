import type { Board } from '../../domain/board.ts';
import type { Settings } from '../config.ts';
import { serialPorts } from './devices.ts';
import { type Check, type Finding, ok, warning } from './finding.ts';
import { groupNames, userName, type World } from './world.ts';

/** The groups that Debian gives to the devices this box uses. */
function groupsFor(board: Board | null, settings: Settings | null): string[] {
  if (!board || !settings) return [];
  const { display, speaker, printer } = settings;
  return [
    ...(board.hardware === 'libgpiod' ? ['gpio'] : []),
    ...(serialPorts(board, settings).length > 0 ? ['dialout'] : []),
    ...(display?.driver === 'framebuffer' ? ['video'] : []),
    ...(display?.driver === 'framebuffer' && display.touch ? ['input'] : []),
    ...(speaker?.driver === 'alsa' ? ['audio'] : []),
    ...(printer?.driver === 'escpos' && printer.connection.kind === 'device' ? ['lp'] : []),
  ];
}

export const personCheck = (world: World, board: Board | null, settings: Settings | null): Check => ({
  code: 'user',
  title: 'User and groups',
  run: async () => person(world, groupsFor(board, settings)),
});

function person(world: World, wanted: readonly string[]): Finding {
  const { uid, gids } = world.person;
  const name = userName(world, uid);
  const groups = groupNames(world, gids);
  const found = `${name}, in ${groups.join(', ')}`;
  if (uid === 0) {
    return warning('user-root', `${name} may do everything; the box itself runs as another user`, {
      remedy: 'To see what that one may do: sudo -u tilld tilld doctor …',
    });
  }
  const missing = wanted.filter((group) => !groups.includes(group));
  if (missing.length === 0) return ok(found);
  return warning('groups-missing', `${found}; not in ${missing.join(', ')}`, {
    expected: `the groups of the devices: ${wanted.join(', ')}`,
    remedy: `sudo usermod -aG ${missing.join(',')} ${name}, then sudo systemctl restart tilld`,
  });
}

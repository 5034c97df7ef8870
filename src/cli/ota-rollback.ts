import type { PackageType, UpdateState } from '../domain/ota/update.ts';
import { type Command, command, UsageFault } from './command.ts';
import { NO_POLICY, updatesOnDisk } from './ota-local.ts';
import { atPlace, PLACE_OPTIONS } from './ota-place.ts';
import { KINDS } from './ota-text.ts';

/** `tilld ota rollback` */
export const rollback: Command = command({
  name: 'rollback',
  summary: 'Go back to the release before; the one that is left may be installed again',
  usage: 'firmware|resource',
  args: { least: 1, most: 1 },
  options: PLACE_OPTIONS,
  examples: ['tilld ota rollback resource', 'tilld ota rollback firmware --state /var/lib/tilld'],
  async run({ args: [kind = ''], values, env, io, show }) {
    const type = typeOf(kind);
    const state = await atPlace<UpdateState>(
      { values, env },
      {
        box: async (client) => (await client.rollBackUpdate(type)).state,
        disk: async (stateDir) => {
          const { rollBackByHand } = await import('../ota/install.ts');
          const updates = await updatesOnDisk(stateDir, NO_POLICY, io);
          await rollBackByHand(updates, type);
          return updates.state();
        },
      },
    );
    const now = state.slots[type].current;
    show(
      state,
      () =>
        `The ${KINDS[type]} is ${now ? now.version : "tilld's own"} again.${type === 'AP' ? ' It starts at the next start by tilld-launch.' : ''}`,
    );
    return 0;
  },
});

function typeOf(kind: string): PackageType {
  if (kind === KINDS.AP) return 'AP';
  if (kind === KINDS.CUST) return 'CUST';
  throw new UsageFault('What to roll back is not known', { found: JSON.stringify(kind), expected: 'firmware or resource' });
}

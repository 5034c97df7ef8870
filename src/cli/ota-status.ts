import { type Command, command } from './command.ts';
import { atPlace, PLACE_OPTIONS } from './ota-place.ts';
import { updatesText } from './ota-text.ts';

/** `tilld ota status` */
export const status: Command = command({
  name: 'status',
  summary: 'Show which releases a box has and what is under way',
  usage: '',
  options: PLACE_OPTIONS,
  examples: ['tilld ota status', 'tilld ota status --state /var/lib/tilld'],
  async run({ values, env, io, show }) {
    const state = await atPlace(
      { values, env },
      {
        box: (client) => client.updates(),
        disk: async (stateDir) => {
          const { readState } = await import('../ota/state-file.ts');
          const { state: found, damaged } = readState(stateDir);
          if (damaged !== null) io.err(`tilld: the state of the updates in ${stateDir} is damaged: ${damaged}`);
          return found;
        },
      },
    );
    show(state, () => updatesText(state));
    return 0;
  },
});

import { BOX_OPTIONS, boxClient } from './box-client.ts';
import { type CommandGroup, command } from './command.ts';

/** `tilld output reset`: for a person who has looked at the machine, and at what it delivered. */
const reset = command({
  name: 'reset',
  summary: 'Free the output after output-faulty or delivery-unknown, once machine and relay are in order',
  usage: '',
  options: BOX_OPTIONS,
  examples: ['tilld output reset'],
  async run(context) {
    const now = await boxClient(context).resetOutput();
    const { reasons } = now.ready;
    context.show(now, () => `The box trusts its output again.${reasons.length > 0 ? ` Not ready yet: ${reasons.join(', ')}` : ''}`);
    return 0;
  },
});

/** `tilld output …` */
export const output: CommandGroup = {
  name: 'output',
  summary: 'Free the output of a box once a person has seen to the machine',
  commands: [reset],
};

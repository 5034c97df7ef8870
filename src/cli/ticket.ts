import { BOX_OPTIONS, boxClient } from './box-client.ts';
import { type Command, command } from './command.ts';

/** `tilld ticket` */
export const ticket: Command = command({
  name: 'ticket',
  summary: 'Print the ticket of a sale, or a copy of it',
  usage: 'SALE',
  args: { least: 1, most: 1 },
  options: BOX_OPTIONS,
  examples: ['tilld ticket 4RWK2M8Q1ZP9X0TD'],
  async run({ args: [sale = ''], values, env, show }) {
    const outcome = await boxClient({ values, env }).ticket(sale);
    show(outcome, () => (outcome.result === 'done' ? `Sale ${sale}: printed` : `Sale ${sale}: not printed. ${outcome.reason}`));
    return outcome.result === 'done' ? 0 : 1;
  },
});

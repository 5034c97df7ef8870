import { CallerFault } from '../domain/fault.ts';
import { moneyText } from '../domain/money-text.ts';
import { BOX_OPTIONS, boxClient } from './box-client.ts';
import { type Command, command } from './command.ts';

/** `tilld cancel` */
export const cancel: Command = command({
  name: 'cancel',
  summary: 'Cancel the sale in progress',
  usage: '[SALE]',
  args: { least: 0, most: 1 },
  options: BOX_OPTIONS,
  examples: ['tilld cancel'],
  async run({ args: [id], values, env, show }) {
    const box = boxClient({ values, env });
    const sale = id ?? (await box.status()).sale?.id;
    if (sale === undefined) throw new CallerFault('No sale is in progress', { code: 'no-sale' });
    const cancelled = await box.cancel(sale);
    const { dueMinor, currency, state, refundMinor } = cancelled;
    const refund = refundMinor > 0 ? `, ${moneyText({ minor: refundMinor, currency })} to refund` : '';
    show(cancelled, () => `Sale ${sale}: ${moneyText({ minor: dueMinor, currency })}, ${state}${refund}`);
    return 0;
  },
});

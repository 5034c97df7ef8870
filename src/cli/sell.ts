import type { SaleView } from '../app/box.ts';
import type { Recorded } from '../domain/journal.ts';
import { moneyText } from '../domain/money-text.ts';
import { parseAmount } from './amount.ts';
import { BOX_OPTIONS, type BoxClient, boxClient } from './box-client.ts';
import { type Command, command, type Io } from './command.ts';
import type { ServerEvent } from './server-events.ts';

/** `tilld sell` */
export const sell: Command = command({
  name: 'sell',
  summary: 'Start a sale on a running box',
  usage: 'AMOUNT',
  args: { least: 1, most: 1 },
  options: {
    ...BOX_OPTIONS,
    description: { type: 'string', help: 'What is sold' },
    wait: { type: 'boolean', help: 'Follow the sale to its end; exit 1 unless it was delivered' },
  },
  examples: ['tilld sell 20', 'tilld sell 20.50 --description "Car wash" --wait'],
  async run({ args: [amount = ''], values, json, io, show, stopSignal, env }) {
    const box = boxClient({ values, env });
    const { currency } = await box.status();
    const { minor } = parseAmount(amount, currency);
    const sale = await box.sell(minor, values.description);
    const view = { sale, json, io, show };
    if (!values.wait) {
      await present(view);
      return 0;
    }
    const last = await followToEnd(box, sale, (next) => present({ ...view, sale: next }), stopSignal());
    if (!isOver(last)) io.err(`tilld: no longer waiting; sale ${last.id} goes on. \`tilld cancel\` ends it.`);
    return last.state === 'delivered' ? 0 : 1;
  },
});

const isOver = ({ state }: SaleView): boolean =>
  state === 'delivered' || state === 'delivery-failed' || state === 'delivery-unknown' || state === 'cancelled';

/**
 * Looks at the sale whenever something happened to it, until it is over or the signal aborts. The screen that begins
 * every stream makes sure of a look after the stream was opened: nothing can happen unseen before it.
 */
async function followToEnd(
  box: BoxClient,
  opened: SaleView,
  changed: (sale: SaleView) => Promise<void>,
  signal: AbortSignal,
): Promise<SaleView> {
  let seen = '';
  let sale = opened;
  for await (const event of box.follow(null, signal)) {
    if (!concerns(event, sale.id)) continue;
    sale = await box.sale(sale.id);
    const now = JSON.stringify([sale.state, sale.qr, sale.cashMinor, sale.qrMinor]);
    if (now !== seen) await changed(sale);
    seen = now;
    if (isOver(sale)) break;
  }
  return sale;
}

function concerns({ event, data }: ServerEvent, sale: string): boolean {
  if (event !== 'entry') return event === 'screen';
  const { entry } = JSON.parse(data) as Recorded;
  return 'sale' in entry && entry.sale === sale;
}

const WORDS: Readonly<Record<SaleView['state'], string>> = {
  requesting: 'asking the backend for a QR',
  qr: 'waiting for the QR to be paid',
  authorising: 'asking the payment server about the card',
  cash: 'waiting for cash or a card',
  delivering: 'paid, delivering',
  delivered: 'delivered',
  'delivery-failed': 'paid, but the delivery failed',
  'delivery-unknown': 'paid, but nobody knows whether it was delivered',
  cancelled: 'cancelled',
};

interface Showing {
  readonly sale: SaleView;
  readonly json: boolean;
  readonly io: Io;
  readonly show: (value: unknown, text: () => string) => void;
}

async function present({ sale, json, io, show }: Showing): Promise<void> {
  const { id, dueMinor, currency, state, cashMinor, cancelReason, qrRefusal, refundMinor, qr } = sale;
  const money = (minor: number) => moneyText({ minor, currency });
  const more = [
    cashMinor > 0 ? `${money(cashMinor)} in cash` : '',
    qrRefusal && state === 'cash' ? `no QR: ${qrRefusal.reason}` : '',
    cancelReason ?? '',
    refundMinor > 0 ? `${money(refundMinor)} to refund` : '',
  ].filter(Boolean);
  show(sale, () => `Sale ${id}: ${money(dueMinor)}, ${WORDS[state]}${more.length > 0 ? ` (${more.join(', ')})` : ''}`);
  if (state !== 'qr' || qr === null || json) return;
  const [{ qrMatrix }, { qrTerminal }] = await Promise.all([
    import('../drivers/display/qr-matrix.ts'),
    import('../drivers/display/qr-terminal.ts'),
  ]);
  io.out(qrTerminal(await qrMatrix(qr), io.isTTY));
}

import { decimalText } from '../domain/money.ts';
import type { OutboxRow } from '../ports/store.ts';
import { BOX_OPTIONS, boxClient } from './box-client.ts';
import { columns } from './columns.ts';
import { type Command, command } from './command.ts';

/** `tilld queue` */
export const queue: Command = command({
  name: 'queue',
  summary: 'Show what waits to be sent to the backend',
  usage: '',
  options: BOX_OPTIONS,
  async run(context) {
    const view = await boxClient(context).queue();
    context.show(view, () => {
      const rows = [...view.parked, ...view.waiting].map(row);
      const head = `${view.waitingCount} waiting, ${view.parkedCount} parked`;
      return rows.length === 0
        ? head
        : [head, ...columns([['record', 'sale', 'status', 'QR', 'cash', 'tries', ''], ...rows], [3, 4, 5])].join('\n');
    });
    return 0;
  },
});

function row({ id, attempts, parkedReason, ...letter }: OutboxRow): string[] {
  const parked = parkedReason === null ? '' : `parked: ${parkedReason}`;
  if (letter.lane === 'update') return [id, letter.report.deployment, letter.report.status, '', '', String(attempts), parked];
  if (letter.lane === 'ack') return [id, '', `${letter.report.about.kind} ${letter.report.state}`, '', '', String(attempts), parked];
  const { report } = letter;
  const cashMinor = [report.cash.coin, report.cash.bill]
    .flatMap((tally) => Object.entries(tally))
    .reduce((sum, [denomination, count]) => sum + Number(denomination) * count, 0);
  const sum = (minor: number) => decimalText({ minor, currency: report.currency });
  return [id, report.sale, report.status, sum(report.qrMinor), sum(cashMinor), String(attempts), parked];
}

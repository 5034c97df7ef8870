import type { BoxStatus } from '../app/box.ts';
import { moneyText } from '../domain/money-text.ts';
import { BOX_OPTIONS, boxClient } from './box-client.ts';
import { columns } from './columns.ts';
import { type Command, command } from './command.ts';

/** `tilld status` */
export const status: Command = command({
  name: 'status',
  summary: 'Show how a running box is doing',
  usage: '',
  options: BOX_OPTIONS,
  async run(context) {
    const now = await boxClient(context).status();
    context.show(now, () => statusText(now));
    return 0;
  },
});

function statusText({
  device,
  version,
  board,
  protocol,
  ready,
  pairing,
  links,
  sale,
  creditMinor,
  currency,
  queue,
  ...rest
}: BoxStatus): string {
  const can = [ready.qr ? 'QR' : '', ready.cash ? 'cash' : ''].filter(Boolean).join(' and ') || 'nothing';
  const reasons = ready.reasons.length > 0 ? ` (${ready.reasons.join(', ')})` : '';
  const pin = pairing.pin === null ? '' : `, PIN ${pairing.pin}`;
  const why = pairing.reason === null ? '' : ` (${pairing.reason})`;
  const money = (minor: number) => moneyText({ minor, currency });
  const rows = [
    ['Box', `${device.serial} (${device.mac}), ${device.model}, tilld ${version}, up ${duration(rest.uptimeSeconds)}`],
    ['Board', `${board}, protocol ${protocol}`],
    ['Ready for', can + reasons],
    ['Pairing', pairing.state + pin + why],
    [
      'Links',
      Object.entries(links)
        .map(([name, state]) => `${name} ${state}`)
        .join(', ') || 'none',
    ],
    ['Sale', sale ? `${sale.id}: ${money(sale.dueMinor)}, ${sale.state}` : 'none'],
    ['Credit', money(creditMinor)],
    ['Queue', `${queue.waiting} waiting, ${queue.parked} parked`],
    ['Watching', `${rest.watching} charges`],
    ['Clock', rest.clockTrusted ? 'set' : 'not set'],
    ...rest.alarms.map(({ code, detail }) => ['Alarm', `${code}: ${detail}`]),
  ];
  return columns(rows).join('\n');
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1_440)} days`;
}

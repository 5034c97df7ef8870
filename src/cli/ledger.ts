import type { Recorded } from '../domain/journal.ts';
import { type Currency, decimalText } from '../domain/money.ts';
import { BOX_OPTIONS, type BoxClient, boxClient } from './box-client.ts';
import { type Command, type Context, command, integerOption } from './command.ts';

const OPTIONS = {
  ...BOX_OPTIONS,
  after: { type: 'string', value: 'SEQ', help: 'Only entries after this one' },
  limit: { type: 'string', value: 'N', help: 'Most entries to list, 1 to 1000', default: '100' },
  follow: { type: 'boolean', help: 'Go on with what is new, until Ctrl-C; without --after only what is new' },
} as const;

/** `tilld ledger` */
export const ledger: Command = command({
  name: 'ledger',
  summary: 'List the journal of a running box',
  usage: '',
  options: OPTIONS,
  examples: ['tilld ledger --after 120 --limit 20', 'tilld ledger --follow --json   # one entry a line'],
  async run(context) {
    const { values, show } = context;
    const after = values.after === undefined ? null : integerOption('after', values.after, 0, 1e15);
    const limit = integerOption('limit', values.limit, 1, 1_000);
    const box = boxClient(context);
    const { currency } = await box.status();
    if (values.follow) return follow(context, box, after, currency);
    const entries = await box.ledger(after ?? 0, limit);
    show({ entries }, () => entries.map((recorded) => entryLine(recorded, currency)).join('\n') || 'There are no entries.');
    return 0;
  },
});

async function follow(
  { show, stopSignal }: Context<typeof OPTIONS>,
  box: BoxClient,
  after: number | null,
  currency: Currency,
): Promise<number> {
  for await (const { event, data } of box.follow(after, stopSignal())) {
    if (event !== 'entry') continue;
    const recorded = JSON.parse(data) as Recorded;
    show(recorded, () => entryLine(recorded, currency));
  }
  return 0;
}

/** `   12  2026-01-01 08:00:05  sale.settled     sale=… due=20.00`; a `?` marks a time nobody can vouch for. */
function entryLine({ seq, atMs, clockTrusted, entry }: Recorded, currency: Currency): string {
  const { kind, ...fields } = entry;
  const time = `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')}${clockTrusted ? ' ' : '?'}`;
  const pairs = Object.entries(fields).map(([name, value]: [string, unknown]) => {
    const isMoney = name.endsWith('Minor') && typeof value === 'number';
    return isMoney ? `${name.slice(0, -5)}=${decimalText({ minor: value, currency })}` : `${name}=${plain(value)}`;
  });
  return `${String(seq).padStart(6)}  ${time} ${kind.padEnd(17)} ${pairs.join(' ')}`.trimEnd();
}

const plain = (value: unknown): string => (typeof value === 'string' && /^[\w.:/+-]+$/.test(value) ? value : JSON.stringify(value));

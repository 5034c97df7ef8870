import { byId, el, whenChanged } from './dom.js';
import { entryWords } from './words.js';

/** The boxes' books: journal, queue, counters, and how it is doing. */

const JOURNAL_KEPT = 200;
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

export function drawJournal(history, money) {
  byId('journal').replaceChildren(...history.map((recorded) => line(recorded, money)).reverse());
}

/** Puts one entry on top. */
export function addEntry(recorded, money) {
  const list = byId('journal');
  const item = line(recorded, money);
  item.classList.add('fresh');
  list.prepend(item);
  while (list.children.length > JOURNAL_KEPT) list.lastElementChild.remove();
}

function line({ seq, atMs, clockTrusted, entry }, money) {
  const { words, tone } = entryWords(entry, money);
  const time = clock.format(atMs);
  const when = clockTrusted ? { title: new Date(atMs).toISOString() } : { title: 'The clock of the box was not set' };
  return el(
    'li',
    { 'data-tone': tone, 'data-seq': seq },
    el('span', { class: 'seq' }, `#${seq}`),
    el('span', { class: 'words', title: entry.kind }, words),
    el('time', when, clockTrusted ? time : `${time}?`),
  );
}

const chip = (text, tone) => el('span', { class: `chip ${tone}` }, text);
const fact = (name, ...values) => el('div', {}, el('dt', {}, name), el('dd', {}, ...values));
const LINK_TONES = { up: 'good', down: 'bad', off: 'dim' };
const PAIRING = {
  unpaired: ['not paired', 'dim'],
  registering: ['asking for a PIN', 'warn'],
  registered: ['waiting to be claimed', 'warn'],
  paired: ['paired', 'good'],
  refused: ['refused', 'bad'],
};

/** How a box is paid, beside cash. */
export const roadOf = ({ protocol }) => ({ ds50: 'card', kiosk: 'terminal' })[protocol] ?? 'qr';
const ROAD_WORDS = { qr: 'QR', card: 'cards', terminal: 'payments' };

/** Of a box that shows no QR, and of one without coin and bill slots, only what it can do is shown. */
function waysOf(status, takesCash) {
  const { ready } = status;
  const road = roadOf(status);
  const cash = ready.cash || (takesCash && road === 'qr');
  const ways = [[ROAD_WORDS[road], ready[road]], cash && ['cash', ready.cash]];
  return ways.filter(Boolean).map(([way, possible]) => chip(way, possible ? 'good' : 'bad'));
}

const rejected = ({ rejections }) =>
  rejections?.last ? `${rejections.count} message${rejections.count === 1 ? '' : 's'} refused, last: ${rejections.last.detail}` : '';

export const drawStatus = whenChanged((status, money, takesCash) => {
  const { ready, pairing, links } = status;
  const [pairingWords, pairingTone] = PAIRING[pairing.state] ?? [pairing.state, 'dim'];
  const pairingMore = [pairing.pin && `PIN ${pairing.pin}`, pairing.deviceId, pairing.reason].filter(Boolean).join(' · ');
  const facts = [
    fact('Ready for', ...waysOf(status, takesCash), more(ready.reasons.join(', '))),
    fact('Links', ...Object.entries(links).map(([name, state]) => chip(`${name} ${state}`, LINK_TONES[state] ?? 'dim'))),
    {
      qr: () => fact('Pairing', chip(pairingWords, pairingTone), more(pairingMore)),
      card: () => fact('Orders', status.orders > 0 ? `${status.orders} waiting` : 'none waiting', more(rejected(status))),
      terminal: () => fact('Messages', rejected(status) || 'none refused'),
    }[roadOf(status)](),
    fact('Credit', status.creditMinor > 0 ? money(status.creditMinor) : 'none'),
  ];
  byId('status').replaceChildren(...facts);
  const alarms = status.alarms.map(({ code, detail, severity }) =>
    el(
      'li',
      { 'data-severity': severity, title: severity === 'warning' ? 'Warning: everything works while it stands' : 'Alarm' },
      el('b', {}, code),
      ` ${detail}`,
    ),
  );
  byId('alarms').replaceChildren(...alarms);
  byId('alarms').hidden = alarms.length === 0;
});

const more = (text) => (text ? el('span', { class: 'more' }, text) : null);

export const drawQueue = whenChanged((queue, money) => {
  const counts = el(
    'p',
    { class: 'counts' },
    chip(`${queue.waitingCount} waiting`, queue.waitingCount > 0 ? 'warn' : 'good'),
    chip(`${queue.parkedCount} parked`, queue.parkedCount > 0 ? 'bad' : 'good'),
  );
  const rows = [...queue.parked, ...queue.waiting]
    .slice(0, 6)
    .map((row) =>
      el(
        'li',
        { 'data-tone': row.parkedReason === null ? 'plain' : 'bad' },
        el('span', { class: 'seq' }, `#${row.seq}`),
        el('span', { class: 'words' }, reportWords(row, money)),
      ),
    );
  byId('queue').replaceChildren(counts, rows.length > 0 ? el('ol', { class: 'journal' }, ...rows) : '');
});

function reportWords({ lane, report, attempts, parkedReason }, money) {
  const tried = attempts > 0 ? `, tried ${attempts} time${attempts === 1 ? '' : 's'}` : '';
  const parked = parkedReason === null ? '' : `, parked: ${parkedReason}`;
  return `${lane === 'update' ? updateWords(report) : saleWords(report, money)}${tried}${parked}`;
}

function saleWords(report, money) {
  const pieces = ['coin', 'bill'].flatMap((method) => Object.entries(report.cash[method]));
  const cashMinor = pieces.reduce((sum, [minor, count]) => sum + Number(minor) * count, 0);
  const paid = [
    report.qrMinor > 0 && `${money(report.qrMinor)} QR`,
    report.cardMinor > 0 && `${money(report.cardMinor)} card`,
    report.topUpMinor > 0 && `${money(report.topUpMinor)} top-up card`,
    cashMinor > 0 && `${money(cashMinor)} cash`,
  ];
  return `${report.status.toLowerCase()}: ${paid.filter(Boolean).join(' + ') || 'nothing paid'}`;
}

const updateWords = ({ status, progress, reason }) =>
  `update ${status.toLowerCase().replaceAll('_', ' ')}${status === 'PROGRESS' ? ` ${progress} %` : ''}${reason ? `: ${reason}` : ''}`;

const ROADS = [
  ['QR', 'qr'],
  ['Card', 'card'],
  ['Terminal', 'terminal'],
  ['Top-up cards', 'topUp'],
];

/** The close-of-day table: pieces and amounts since the last reset and since ever, with a line for how the box is paid, and was. */
export const drawCounters = whenChanged((counters, money, road) => {
  const { sinceReset: now, sinceEver: ever } = counters;
  const pieces = (method) =>
    Object.keys(ever[method])
      .map(Number)
      .sort((a, b) => a - b)
      .map((minor) => row(`${money(minor)} ${method}`, piecesOf(now, method, minor), piecesOf(ever, method, minor), money));
  const sum = (name, of) => row(name, of(now), of(ever), money, 'sum');
  byId('counters').replaceChildren(
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('td', {}),
        el('th', { scope: 'colgroup', colspan: 2 }, 'since reset'),
        el('th', { scope: 'colgroup', colspan: 2 }, 'since ever'),
      ),
    ),
    el(
      'tbody',
      {},
      ...pieces('coin'),
      ...pieces('bill'),
      sum('Cash', (t) => [null, t.cashMinor]),
      ...ROADS.filter(([, of]) => of === road || ever[`${of}Count`] > 0).map(([name, of]) =>
        sum(name, (t) => [t[`${of}Count`], t[`${of}Minor`]]),
      ),
      sum('Sales', (t) => [t.salesCount, t.salesMinor]),
      sum('Owed back', (t) => [null, t.refundMinor]),
      ever.unassigned > 0 ? row('Unknown pieces', [now.unassigned, null], [ever.unassigned, null], money) : null,
    ),
  );
});

const piecesOf = (totals, method, minor) => {
  const count = totals[method][minor] ?? 0;
  return [count, count * minor];
};

const row = (name, now, ever, money, kind = 'piece') =>
  el(
    'tr',
    { class: kind },
    el('th', { scope: 'row' }, name),
    ...[now, ever].flatMap(([count, minor]) => [
      el('td', {}, count === null ? '' : String(count)),
      el('td', {}, minor === null ? '' : money(minor)),
    ]),
  );

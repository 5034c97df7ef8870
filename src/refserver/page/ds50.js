// Payment speakers: push orders to them, be the issuer of the cards they read, see what they sold. Their messages name no
// currency, so none is shown.

import { $, act, amountText, badge, call, draw, empty, make, when } from './dom.js';

const KINDS = { '00': 'Sale', 99: 'Announcement' };
/** What the issuer can be told to do with the next sale; the value is what the control API takes. */
const OUTCOMES = {
  approve: ['Approves', { outcome: 'approve' }],
  decline: ['Declines (05)', { outcome: 'decline' }],
  funds: ['Declines: not enough money (51)', { outcome: 'decline', responseCode: '51' }],
  silent: ['Books it, and the answer is lost', { outcome: 'no-answer' }],
  lost: ['Never gets the request', { outcome: 'no-answer', recorded: false }],
  late: ['Approves 10 seconds late', { outcome: 'late', ms: 10_000 }],
  garbage: ['Books it and answers nonsense', { outcome: 'garbage' }],
  error: ['Fails with status 500', { outcome: 'http-500' }],
};
const ANSWERS = {
  approve: 'answered',
  decline: 'answered',
  late: 'answered late',
  'no-answer': 'no answer sent',
  garbage: 'nonsense sent',
  'http-500': 'status 500',
};

/** "123.4" as a text of cents, "12340"; digits are moved, nothing is calculated. */
function cents(text) {
  const [whole, fraction = ''] = text.trim().split('.');
  return `${whole}${fraction.padEnd(2, '0')}`.replace(/^0+(?=\d)/, '');
}

function pushForm(event) {
  event.preventDefault();
  const [transType, deviceSn] = [$('push-type').value, $('push-sn').value.trim()];
  const [message, orderId] = [$('push-message').value, $('push-order').value.trim()];
  const broken = $('push-delivery').value;
  act(`${KINDS[transType]} pushed to ${deviceSn}.`, () =>
    call('POST', 'ds50/push', {
      deviceSn,
      transType,
      amount: cents($('push-amount').value),
      ...(message === '' ? {} : { message }),
      ...(orderId === '' ? {} : { orderId }),
      ...(broken === '' ? {} : { [broken]: true }),
    }),
  );
}

function pushRow({ deviceSn, payload, retain, copies, sentAtMs }) {
  const order = readOrder(payload);
  const marks = [retain ? badge('retained', 'bad') : null, copies > 1 ? badge(`${copies} times`, 'bad') : null];
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, order === null ? 'Raw text' : amountText(Number(order.amount))),
      ` ${order === null ? payload.slice(0, 120) : (order.message ?? '')}`,
      make('div', { className: 'quiet' }, `${deviceSn} · ${when(sentAtMs)}${order === null ? '' : ` · ${order.orderId}`}`),
    ),
    make('div', { className: 'how' }, ...marks, order === null ? null : badge(KINDS[order.transType], 'info')),
  );
}

/** What a push says, or null when it is no order at all. */
function readOrder(payload) {
  try {
    const order = JSON.parse(payload);
    return KINDS[order?.transType] !== undefined && /^\d{0,12}$/.test(order.amount) ? order : null;
  } catch {
    return null;
  }
}

function saleRow(sale) {
  const marks = [
    sale.duplicates > 0 ? badge(`sent ${sale.duplicates + 1} times`, 'bad') : null,
    ANSWERS[sale.answer] === 'answered' ? null : badge(ANSWERS[sale.answer], 'info'),
  ];
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, amountText(sale.amountMinor)),
      ` ${sale.cardOrg} `,
      make('span', { className: 'code' }, sale.maskedPan),
      make('div', { className: 'quiet' }, `${sale.deviceSn} · ${when(sale.receivedAtMs)} · batch ${sale.batch}, trace ${sale.trace}`),
    ),
    make(
      'div',
      { className: 'how' },
      ...marks,
      sale.recorded ? badge(sale.status, sale.status === 'approved' ? 'good' : 'bad') : badge('not on record', ''),
    ),
  );
}

const rows = (list, row, otherwise) => (list.length > 0 ? make('ul', { className: 'rows' }, ...list.map(row)) : empty(otherwise));

function nextLine(next) {
  if (next.length === 0) return 'Otherwise cards are approved, and declined over amounts that end in .05.';
  const words = next.map(({ answer, responseCode, recorded }) => `${answer} ${responseCode}${recorded ? '' : ', not on record'}`);
  return `Lined up: ${words.join(' · ')}`;
}

/** Draws what is lined up, sold and pushed. */
export async function showDs50() {
  const [{ next }, { sales, duplicates }, { pushes }] = await Promise.all([
    call('GET', 'ds50/next'),
    call('GET', 'ds50/sales?limit=20'),
    call('GET', 'ds50/pushes?limit=10'),
  ]);
  $('next-line').textContent = nextLine(next);
  $('next-clear').hidden = next.length === 0;
  const alarm = `${duplicates} sale request${duplicates === 1 ? '' : 's'} came again: a box must never repeat one.`;
  draw($('ds50-alarm'), duplicates > 0 ? make('p', { className: 'alarm' }, alarm) : '');
  draw($('ds50-sales'), rows(sales, saleRow, 'No card has been read yet.'));
  draw($('pushes'), rows(pushes, pushRow, 'None yet.'));
  const serials = new Set([...pushes, ...sales].map(({ deviceSn }) => deviceSn));
  draw($('push-sns'), ...[...serials].map((value) => make('option', { value })));
}

/** Fills the form and makes the buttons work. */
export function startDs50() {
  draw($('next-outcome'), ...Object.entries(OUTCOMES).map(([value, [text]]) => make('option', { value }, text)));
  $('push').addEventListener('submit', pushForm);
  $('next').addEventListener('submit', (event) => {
    event.preventDefault();
    const [text, decision] = OUTCOMES[$('next-outcome').value];
    act(`Lined up for the next card: ${text.toLowerCase()}.`, () => call('POST', 'ds50/next', decision));
  });
  $('next-clear').addEventListener('click', () => act('Nothing is lined up any more.', () => call('DELETE', 'ds50/next')));
}

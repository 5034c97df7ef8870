// The payment gateway: be the customers of its links and the operators of its cards. Amounts in dong.

import { $, act, badge, call, countDown, draw, empty, make, setBackendClock, when } from './dom.js';
import { rows } from './qris-reports.js';

const dong = new Intl.NumberFormat('vi');
const sum = (amount) => `${dong.format(amount)} ₫`;

const TONES = { PAID: 'good', SUCCESS: 'good', UNDERPAID: 'bad', WRONG_AMOUNT: 'bad', FAILED: 'bad', PENDING: 'info', PROCESSING: 'info' };
const words = (status) => status.toLowerCase().replaceAll('_', ' ');
const OPEN = ['PENDING', 'PROCESSING', 'UNDERPAID'];
const OVER = ['EXPIRED', 'CANCELLED'];

const button = (id, className, text, label, onclick) =>
  make('button', { type: 'button', id, className, onclick, attributes: { 'aria-label': label } }, text);

function linkActions({ orderCode, amount, amountPaid, status }) {
  const order = `order ${orderCode}`;
  const post = (verb, body = {}) => call('POST', `gateway/links/${orderCode}/${verb}`, body);
  const field = make('input', {
    // What is left to pay is another field after every payment.
    id: `gateway-amount-${orderCode}-${amountPaid}`,
    inputMode: 'numeric',
    pattern: '[1-9][0-9]{0,11}',
    required: true,
    value: String(amount - amountPaid),
    autocomplete: 'off',
    title: 'Whole dong',
    attributes: { 'aria-label': `Amount to pay on ${order}` },
  });
  const onsubmit = (event) => {
    event.preventDefault();
    act(`The customer paid ${sum(Number(field.value))}.`, () =>
      post('pay', { amount: Number(field.value), ...(OVER.includes(status) ? { late: true } : {}) }),
    );
  };
  const end = (verb, text, done) =>
    button(`gateway-${verb}-${orderCode}`, 'refuse', text, `${text}: ${order}`, () => act(done, () => post(verb)));
  return make(
    'form',
    { className: 'actions', onsubmit },
    field,
    make(
      'button',
      { type: 'submit', id: `gateway-pay-${orderCode}`, className: 'pay', attributes: { 'aria-label': `Customer pays: ${order}` } },
      OVER.includes(status) ? 'Pays late' : 'Customer pays',
    ),
    ...(status === 'PENDING' || status === 'PROCESSING'
      ? [end('cancel', 'Cancels', 'The customer has cancelled.'), end('expire', 'Let it expire', 'The link has expired.')]
      : []),
  );
}

function openLink(simulated) {
  return (order) =>
    make(
      'article',
      {},
      make(
        'div',
        { className: 'title-line' },
        make('span', { className: 'amount' }, sum(order.amount)),
        badge(words(order.status), TONES[order.status]),
        order.status === 'UNDERPAID'
          ? null
          : make('span', { className: 'countdown quiet', attributes: { 'data-expires': order.expiresAtMs } }),
      ),
      make('p', {}, order.description),
      make(
        'p',
        { className: 'quiet' },
        make('span', { className: 'code' }, `order ${order.orderCode}`),
        order.amountPaid > 0 ? ` · ${sum(order.amountPaid)} paid` : '',
      ),
      simulated ? linkActions(order) : null,
    );
}

function closedLink(simulated) {
  return (order) =>
    make(
      'li',
      {},
      make(
        'div',
        { className: 'what' },
        make('strong', {}, sum(order.amount)),
        ` ${order.description}`,
        make('div', { className: 'quiet' }, `order ${order.orderCode} · ${sum(order.amountPaid)} paid · ${when(order.updatedAtMs)}`),
        simulated && OVER.includes(order.status) ? linkActions(order) : null,
      ),
      make('div', { className: 'how' }, badge(words(order.status), TONES[order.status] ?? '')),
    );
}

function cardActions({ id, declaredAmount }) {
  const other = declaredAmount === 10_000 ? 20_000 : 10_000;
  const decide = (body, done) => act(done, () => call('POST', `gateway/cards/${id}/decide`, body));
  const one = (name, className, text, body, done) =>
    button(`gateway-${name}-${id}`, className, text, `${text}: ${id}`, () => decide(body, done));
  return make(
    'div',
    { className: 'actions' },
    one('good', 'pay', 'Good', { outcome: 'success' }, 'The card is good.'),
    one('bad', 'refuse', 'Bad', { outcome: 'failed' }, 'The card is bad.'),
    one('other', '', `Is of ${sum(other)}`, { outcome: 'wrong-amount', actualAmount: other }, 'The card is of another value.'),
  );
}

function cardRow(simulated) {
  return (card) =>
    make(
      'li',
      {},
      make(
        'div',
        { className: 'what' },
        make('strong', {}, `${card.type} ${sum(card.declaredAmount)}`),
        make('div', { className: 'quiet' }, `${card.username} · ${when(card.createdAtMs)}`),
        make('div', { className: 'quiet code' }, `${card.id} · ${card.serial} · ${card.pin}`),
        card.receivedAmount === null ? null : make('div', { className: 'quiet' }, `credited ${sum(card.receivedAmount)}`),
        simulated && card.status === 'PENDING' ? cardActions(card) : null,
      ),
      make('div', { className: 'how' }, badge(words(card.status), TONES[card.status] ?? '')),
    );
}

/** Draws the links and the cards; without a gateway its part of the page is not there. */
export async function showGateway() {
  const { url, simulated, links, cards, nowMs } = await call('GET', 'gateway?limit=50');
  $('gateway').hidden = url === null;
  if (url === null) return;
  setBackendClock(nowMs);
  $('gateway-url').textContent = url;
  const open = links.filter(({ status }) => OPEN.includes(status));
  const closed = links.filter(({ status }) => !OPEN.includes(status)).slice(0, 15);
  draw(
    $('gateway-links'),
    ...(open.length > 0 ? open.map(openLink(simulated.payos)) : [empty('None. Make one with POST /api/payos/checkout.')]),
  );
  draw($('gateway-closed'), rows(closed, closedLink(simulated.payos), 'None yet.'));
  draw($('gateway-cards'), rows(cards.slice(0, 15), cardRow(simulated.thesieutoc), 'None yet.'));
  countDown();
}

// QRIS soundboxes: be their customers and their issuer, set and command them, and see what they say. Amounts in rupiah.

import { $, act, badge, call, countDown, draw, empty, make, setBackendClock, when } from './dom.js';
import { boxRow, orderRow, rows } from './qris-reports.js';

const rupiah = new Intl.NumberFormat('id');
const sum = (amountMinor) => `Rp${rupiah.format(amountMinor)}`;

/** What the issuer can be told to do with the next request; the value is what the control API takes. */
const OUTCOMES = {
  error: ['Refuses it', { outcome: 'error' }],
  silent: ['Makes the QR, and the answer is lost', { outcome: 'no-answer' }],
  stranger: ['Answers with a wrong correlation id', { outcome: 'wrong-correlation' }],
  dearer: ['Asks for Rp100 more', { outcome: 'wrong-amount' }],
};
/** Commands of the boxes, with parameters to begin with; the last is none of theirs. */
const COMMANDS = {
  test_speaker: '',
  identify: '',
  set_volume: '{"volume": 40}',
  show_qr: '',
  sync_time: '',
  upload_logs: '',
  restart: '',
  reboot: '',
  self_destruct: '',
};

/** That of the latest transaction: something to show. */
let newestQr = '';

const pay = (transactionId, more = {}) => call('POST', 'qris/pay', { transactionId, ...more });

function openTransaction({ transactionId, deviceId, amountMinor, expiresAtMs, requests }) {
  const label = `Customer pays: ${sum(amountMinor)} on ${deviceId}`;
  const onclick = () => act(`The customer paid ${sum(amountMinor)}.`, () => pay(transactionId));
  return make(
    'article',
    {},
    make(
      'div',
      { className: 'title-line' },
      make('span', { className: 'amount' }, sum(amountMinor)),
      make('span', { className: 'countdown quiet', attributes: { 'data-expires': expiresAtMs } }),
    ),
    make(
      'p',
      { className: 'quiet' },
      `${deviceId} · `,
      make('span', { className: 'code' }, transactionId),
      requests > 1 ? ` · asked for ${requests} times` : '',
    ),
    make(
      'div',
      { className: 'actions' },
      make(
        'button',
        { type: 'button', id: `qris-pay-${transactionId}`, className: 'pay', onclick, attributes: { 'aria-label': label } },
        'Customer pays',
      ),
    ),
  );
}

function eventRow({ transactionId, deviceId, amountMinor, displayText, paidAtMs, published }) {
  const onclick = () => act(`${sum(amountMinor)} told again, as the same event.`, () => pay(transactionId, { again: true }));
  const attributes = { 'aria-label': `Tell again: ${sum(amountMinor)} to ${deviceId}` };
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, sum(amountMinor)),
      ` ${displayText}`,
      make('div', { className: 'quiet' }, `${deviceId} · ${when(paidAtMs)}`),
    ),
    make(
      'div',
      { className: 'how' },
      published > 1 ? badge(`${published} times`, 'info') : null,
      make('button', { type: 'button', id: `qris-again-${transactionId}`, className: 'plain', onclick, attributes }, 'Tell again'),
    ),
  );
}

function expiredRow({ transactionId, deviceId, amountMinor, expiresAtMs }) {
  const onclick = () => act(`The customer paid ${sum(amountMinor)} late.`, () => pay(transactionId, { late: true }));
  const attributes = { 'aria-label': `Pays late: ${sum(amountMinor)} on ${deviceId}` };
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, sum(amountMinor)),
      make('div', { className: 'quiet' }, `${deviceId} · ${when(expiresAtMs)}`),
    ),
    make(
      'div',
      { className: 'how' },
      badge('expired', ''),
      make('button', { type: 'button', id: `qris-late-${transactionId}`, onclick, attributes }, 'Pays late'),
    ),
  );
}

async function showTransactions() {
  const { transactions, nowMs } = await call('GET', 'qris/transactions?limit=50');
  setBackendClock(nowMs);
  const open = transactions.filter(({ state }) => state === 'open');
  const expired = transactions.filter(({ state }) => state === 'expired').slice(0, 3);
  draw(
    $('qris-open'),
    ...(open.length > 0 ? open.map(openTransaction) : [empty('None. A box asks for a QR when a sale is started on it.')]),
    expired.length > 0 ? rows(expired, expiredRow, '') : '',
  );
  countDown();
  newestQr = transactions[0]?.qrPayload ?? '';
  return transactions;
}

/** Draws what is open, told, sent and heard. */
export async function showQris() {
  const [transactions, { events }, { heartbeats }, { orders }, { acks }, { next }] = await Promise.all([
    showTransactions(),
    call('GET', 'qris/events?limit=10'),
    call('GET', 'qris/heartbeats'),
    call('GET', 'qris/orders?limit=10'),
    call('GET', 'qris/acks?limit=200'),
    call('GET', 'qris/next'),
  ]);
  draw($('qris-events'), rows(events, eventRow, 'None yet.'));
  draw($('qris-heartbeats'), rows(heartbeats, boxRow, 'No box has sent a heartbeat yet.'));
  draw(
    $('qris-orders'),
    rows(orders, (order) => orderRow(order, acks), 'Nothing yet.'),
  );
  const lined = next.map(({ outcome }) => outcome).join(' · ');
  $('qris-next-line').textContent = next.length > 0 ? `Lined up: ${lined}` : 'Otherwise every request gets its QR.';
  $('qris-next-clear').hidden = next.length === 0;
  offerDevices(
    new Set([...heartbeats.map(({ heartbeat }) => heartbeat), ...transactions, ...orders, ...events].map(({ deviceId }) => deviceId)),
  );
}

/** What the forms suggest; a box that is the only one they take for granted, until a person says otherwise. */
function offerDevices(devices) {
  draw($('qris-devices'), ...[...devices].map((value) => make('option', { value })));
  const [only] = devices;
  if (devices.size !== 1 || $('qris-devices').dataset.taken === only) return;
  $('qris-devices').dataset.taken = only;
  for (const id of ['qris-announce-device', 'qris-config-device', 'qris-command-device']) if ($(id).value === '') $(id).value = only;
}

function announceForm() {
  const [deviceId, text] = [$('qris-announce-device').value.trim(), $('qris-text').value];
  const amount = Number($('qris-amount').value);
  return act(`${sum(amount)} told to ${deviceId}.`, () =>
    call('POST', 'qris/announce', { deviceId, amount, ...(text === '' ? {} : { text }) }),
  );
}

function configForm() {
  const [deviceId, version] = [$('qris-config-device').value.trim(), $('qris-version').value];
  const [volume, language, interval] = [$('qris-volume').value, $('qris-language').value, $('qris-interval').value];
  const settings = {
    ...(volume === '' ? {} : { volume: Number(volume) }),
    ...(language === '' ? {} : { language }),
    ...(interval === '' ? {} : { heartbeat_interval_seconds: Number(interval) }),
  };
  return act(`Settings sent to ${deviceId}.`, () =>
    call('POST', 'qris/config', { deviceId, settings, ...(version === '' ? {} : { version: Number(version) }) }),
  );
}

function commandForm() {
  const [deviceId, name] = [$('qris-command-device').value.trim(), $('qris-command-name').value];
  return act(`${name} sent to ${deviceId}.`, () =>
    call('POST', 'qris/command', { deviceId, name, parameters: parametersIn($('qris-parameters').value) }),
  );
}

function parametersIn(text) {
  try {
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw new Error('The parameters are not JSON. Write them as {"name": value}.');
  }
}

/** The command's usual parameters: the time to set a clock by is now, and a QR to show is the latest that was made. */
function suggestParameters() {
  const name = $('qris-command-name').value;
  const parameters = {
    sync_time: () => JSON.stringify({ timestamp: new Date().toISOString() }),
    show_qr: () => JSON.stringify({ qr_payload: newestQr, seconds: 60 }),
  };
  $('qris-parameters').value = parameters[name]?.() ?? COMMANDS[name];
}

/** Fills the forms and makes the buttons work. */
export function startQris() {
  draw($('qris-next-outcome'), ...Object.entries(OUTCOMES).map(([value, [text]]) => make('option', { value }, text)));
  draw($('qris-command-name'), ...Object.keys(COMMANDS).map((name) => make('option', { value: name }, name.replaceAll('_', ' '))));
  $('qris-command-name').addEventListener('change', suggestParameters);
  const onSubmit = (id, work) =>
    $(id).addEventListener('submit', (event) => {
      event.preventDefault();
      void work();
    });
  onSubmit('qris-announce', announceForm);
  onSubmit('qris-config', configForm);
  onSubmit('qris-command', commandForm);
  onSubmit('qris-next', () => {
    const [text, decision] = OUTCOMES[$('qris-next-outcome').value];
    return act(`Lined up for the next request: ${text.toLowerCase()}.`, () => call('POST', 'qris/next', decision));
  });
  $('qris-next-clear').addEventListener('click', () => act('Nothing is lined up any more.', () => call('DELETE', 'qris/next')));
}

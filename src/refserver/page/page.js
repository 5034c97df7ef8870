// The page of the reference backend: fetches what changed and draws it.

import { $, act, badge, baht, call, countDown, draw, empty, make, money, notify, setBackendClock, when } from './dom.js';
import { showDs50, startDs50 } from './ds50.js';
import { showFaults } from './faults.js';
import { showGateway } from './gateway.js';
import { showKiosk, startKiosk } from './kiosk.js';
import { keepUpToDate, refresh } from './live.js';
import { showQris, startQris } from './qris.js';

/* Charges */

const STATE_TONES = { paid: 'good', failed: 'bad', expired: '', open: 'info' };
const chargeAction = (charge, verb, body = {}) => call('POST', `charges/${encodeURIComponent(charge.chargeId)}/${verb}`, body);

function chargeButton(charge, verb, label, className, done, body) {
  const attributes = { 'aria-label': `${label}: ${money(charge.amountMinor)} on ${charge.deviceId}` };
  const onclick = () => act(done, () => chargeAction(charge, verb, body));
  return make('button', { type: 'button', id: `${verb}-${charge.chargeId}`, className, onclick, attributes }, label);
}

function openCharge(charge) {
  const sum = money(charge.amountMinor);
  return make(
    'article',
    { className: 'card' },
    make(
      'div',
      { className: 'title-line' },
      make('span', { className: 'amount' }, sum),
      make('span', { className: 'countdown quiet', attributes: { 'data-expires': charge.expiresAtMs } }),
    ),
    make('p', {}, charge.description || 'No description'),
    make('p', { className: 'quiet' }, `${charge.deviceId} · `, make('span', { className: 'code' }, charge.chargeId)),
    make(
      'div',
      { className: 'actions' },
      chargeButton(charge, 'pay', 'Customer pays', 'pay', `The customer paid ${sum}.`),
      chargeButton(charge, 'fail', "Customer's payment fails", 'refuse', `The payment of ${sum} failed.`),
      chargeButton(charge, 'expire', 'Let it expire', '', `The charge of ${sum} has expired.`),
    ),
  );
}

function closedCharge(charge) {
  const late = charge.state === 'expired';
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, money(charge.amountMinor)),
      ` ${charge.description}`,
      make('div', { className: 'quiet' }, `${charge.deviceId} · ${when(charge.settledAtMs ?? charge.expiresAtMs)}`),
    ),
    make(
      'div',
      { className: 'how' },
      badge(charge.late ? 'paid late' : charge.state, STATE_TONES[charge.state]),
      late ? chargeButton(charge, 'pay', 'Pays late', '', `The customer paid ${money(charge.amountMinor)} late.`, { late: true }) : null,
    ),
  );
}

async function showCharges() {
  const { charges, nowMs } = await call('GET', 'charges?limit=50');
  setBackendClock(nowMs);
  const open = charges.filter(({ state }) => state === 'open');
  const closed = charges.filter(({ state }) => state !== 'open').slice(0, 20);
  draw(
    $('open-charges'),
    ...(open.length > 0 ? open.map(openCharge) : [empty('No charge is open. Start a QR sale on a claimed box and it appears here.')]),
  );
  draw($('recent-charges'), closed.length > 0 ? make('ul', { className: 'rows' }, ...closed.map(closedCharge)) : empty('None yet.'));
  countDown();
}

/* Devices and their states */

const BOX_TONES = { normal: 'good', error: 'bad', offline: 'bad' };

function claimForm(device) {
  const id = `pin-${device.deviceId}`;
  const pin = make('input', {
    id,
    inputMode: 'numeric',
    maxLength: 4,
    pattern: '[0-9]{4}',
    autocomplete: 'off',
    required: true,
    title: 'The four digits the box shows',
  });
  const onsubmit = (event) => {
    event.preventDefault();
    act(`${device.deviceId} is claimed.`, () => call('POST', `devices/${encodeURIComponent(device.deviceId)}/claim`, { pin: pin.value }));
  };
  return make(
    'form',
    { className: 'claim', onsubmit },
    make('label', { htmlFor: id }, 'PIN on the box', pin),
    make('button', { className: 'primary', id: `claim-${device.deviceId}` }, device.claimed ? 'Claim again' : 'Claim'),
    make('span', { className: 'quiet' }, 'It should show ', make('strong', { className: 'code' }, device.pin)),
  );
}

function fact(name, value) {
  return [make('dt', {}, name), make('dd', {}, value)];
}

function deviceCard(device, known) {
  const state = known?.state;
  const signal = state && (state.rssiDbm === null ? 'wired' : `${state.rssiDbm} dBm`);
  return make(
    'article',
    { className: 'card' },
    make(
      'div',
      { className: 'title-line' },
      make('strong', {}, device.deviceId),
      make(
        'span',
        {},
        state ? badge(state.status, BOX_TONES[state.status]) : null,
        ' ',
        badge(device.claimed ? 'claimed' : 'not claimed', device.claimed ? 'good' : 'info'),
      ),
    ),
    make(
      'dl',
      { className: 'facts' },
      ...fact('MAC', make('span', { className: 'code' }, device.mac)),
      ...fact('Firmware', device.firmwareVersion),
      ...fact('Registered', when(device.registeredAtMs)),
      ...(state
        ? fact('Last state', `${when(known.receivedAtMs)} · ${signal} · up ${state.uptimeMinutes} min`)
        : fact('Last state', 'none received')),
    ),
    device.pin === null ? null : claimForm(device),
  );
}

async function showDevices() {
  const [{ devices }, { states }] = await Promise.all([call('GET', 'devices'), call('GET', 'states')]);
  const known = new Map(states.map((state) => [state.deviceId, state]));
  const cards = devices.map((device) => deviceCard(device, known.get(device.deviceId)));
  draw(
    $('devices'),
    ...(cards.length > 0 ? cards : [empty('No box has registered yet. Point one to the addresses above and press its pairing button.')]),
  );
}

/* Event logs */

const REPORT_TONES = { SUCCEEDED: 'good', FAILED: 'bad', CANCELLED: '', PENDING: 'info' };

function pieces(tally) {
  return Object.entries(tally)
    .filter(([, count]) => count > 0)
    .map(([denomination, count]) => `${count} × ${denomination}`)
    .join(', ');
}

function logRow({ deviceId, item }) {
  const parts = [
    item.qr.net_amount > 0 ? `QR ฿${baht.format(item.qr.net_amount)}` : '',
    pieces(item.coin) && `coins ${pieces(item.coin)}`,
    pieces(item.bank) && `bills ${pieces(item.bank)}`,
  ].filter(Boolean);
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      parts.join(' · ') || 'no money',
      make(
        'div',
        { className: 'quiet' },
        `${deviceId ?? 'unknown box'} · ${when(item.timestamp)}${item.qr.chargeId ? ` · ${item.qr.chargeId}` : ''}`,
      ),
    ),
    make('div', { className: 'how' }, badge(item.status.toLowerCase(), REPORT_TONES[item.status])),
  );
}

async function showLogs() {
  const { logs, total } = await call('GET', 'logs?limit=30');
  $('log-total').textContent = total > 0 ? `${total} received` : '';
  draw(
    $('logs'),
    logs.length > 0 ? make('ul', { className: 'rows' }, ...logs.map(logRow)) : empty('Boxes upload every sale here. None has come yet.'),
  );
}

/* Keeping up to date */

const SHOW = {
  devices: showDevices,
  states: showDevices,
  charges: showCharges,
  logs: showLogs,
  faults: showFaults,
  ds50: showDs50,
  qris: showQris,
  kiosk: showKiosk,
  gateway: showGateway,
};

startDs50();
startQris();
startKiosk();
$('faults-clear').addEventListener('click', () => act('All faults are off.', () => call('DELETE', 'faults')));
setInterval(() => {
  if (!countDown()) return;
  void refresh(showCharges);
  void refresh(showQris);
  void refresh(showGateway);
}, 1000);

call('GET', 'addresses').then(
  ({ httpUrl, mqttUrl }) => {
    $('http-url').textContent = httpUrl;
    $('mqtt-url').textContent = mqttUrl;
  },
  (error) => notify(error.message, true),
);
keepUpToDate(SHOW);

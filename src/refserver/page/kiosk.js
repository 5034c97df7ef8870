// Kiosks: be their terminals, set what they offer, and see what they show and say.

import { $, act, badge, call, draw, empty, make, when } from './dom.js';
import { fillSettings, sendSettings } from './kiosk-settings.js';
import { rows } from './qris-reports.js';

const STATE_TONES = { success: 'good', failed: 'bad', limited: 'bad', processing: 'info', open: 'info' };
const STATE_WORDS = { success: 'paid', limited: 'over the limit', 'timed-out': 'timed out' };
const LOG_TONES = { error: 'bad', transaction: 'good', in: 'info', out: 'info' };

/** Why the terminal can decline, as the backend said. */
let reasons = {};
const declineFor = new Map();

const words = (identifier) => identifier.toLowerCase().replaceAll('_', ' ');
const decide = (transactionId, verdict, body = {}) =>
  call('POST', `kiosk/transactions/${encodeURIComponent(transactionId)}/${verdict}`, body);

/** A payment that waits for the terminal. Of the reasons the one that was chosen last stays chosen. */
function waiting({ transactionId, device, amountText, method, stepAtMs }) {
  const approve = () => act(`${amountText} approved.`, () => decide(transactionId, 'approve'));
  const decline = () => act(`${amountText} declined.`, () => decide(transactionId, 'decline', { reason: reason.value }));
  const reason = make(
    'select',
    {
      id: `kiosk-reason-${transactionId}`,
      onchange: () => declineFor.set(transactionId, reason.value),
      attributes: { 'aria-label': `Reason to decline ${amountText} on ${device}` },
    },
    ...Object.entries(reasons).map(([value, text]) => make('option', { value, selected: declineFor.get(transactionId) === value }, text)),
  );
  return make(
    'article',
    {},
    make('div', { className: 'title-line' }, make('span', { className: 'amount' }, amountText), badge(words(method), 'info')),
    make('p', { className: 'quiet' }, `${device} · ${when(stepAtMs)} · `, make('span', { className: 'code' }, transactionId)),
    make(
      'div',
      { className: 'actions' },
      button(`kiosk-approve-${transactionId}`, 'pay', 'Approve', `Approve ${amountText} on ${device}`, approve),
    ),
    make(
      'div',
      { className: 'terminal' },
      reason,
      button(`kiosk-decline-${transactionId}`, 'refuse', 'Decline', `Decline ${amountText} on ${device}`, decline),
    ),
  );
}

const button = (id, className, text, label, onclick) =>
  make('button', { type: 'button', id, className, onclick, attributes: { 'aria-label': label } }, text);

function sessionRow({ device, connected, screen, transactionId, error }) {
  const what = [transactionId, error && `${error.code} · ${error.message}`].filter(Boolean).join(' · ');
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, device),
      make('div', { className: 'quiet code' }, what || 'no transaction is open'),
    ),
    make(
      'div',
      { className: 'how' },
      badge(words(screen), screen === 'DEVICE_ERROR' ? 'bad' : 'info'),
      badge(connected ? 'connected' : 'away', connected ? 'good' : ''),
    ),
  );
}

function transactionRow({ transactionId, device, amountText, method, state, reason, createdAtMs }) {
  const facts = [device, when(createdAtMs), method && words(method), reason].filter(Boolean);
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, amountText ?? 'no amount yet'),
      make('div', { className: 'quiet' }, facts.join(' · ')),
      make('div', { className: 'quiet code' }, transactionId),
    ),
    make('div', { className: 'how' }, badge(STATE_WORDS[state] ?? state, STATE_TONES[state] ?? '')),
  );
}

function logRow({ atMs, kind, device, fields }) {
  const said = Object.entries(fields).map(([name, value]) => `${name} ${value}`);
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      said.join(' · '),
      make('div', { className: 'quiet' }, `${device ?? 'nobody known'} · ${when(atMs)}`),
    ),
    make('div', { className: 'how' }, badge(kind, LOG_TONES[kind] ?? '')),
  );
}

/** Draws what the kiosks show, what waits for the terminal, and what went on. */
export async function showKiosk() {
  const [{ transactions }, { sessions }, { log }, settings] = await Promise.all([
    call('GET', 'kiosk/transactions?limit=30'),
    call('GET', 'kiosk/sessions'),
    call('GET', 'kiosk/log?limit=8'),
    call('GET', 'kiosk/settings'),
  ]);
  reasons = settings.reasons;
  const open = transactions.filter(({ state }) => state === 'processing');
  for (const id of declineFor.keys()) if (!open.some(({ transactionId }) => transactionId === id)) declineFor.delete(id);
  draw(
    $('kiosk-open'),
    ...(open.length > 0 ? open.map(waiting) : [empty('Nothing. A kiosk comes here when its customer has chosen how to pay.')]),
  );
  draw($('kiosk-sessions'), rows(sessions, sessionRow, 'No kiosk has a token.'));
  draw($('kiosk-recent'), rows(transactions.slice(0, 10), transactionRow, 'None yet.'));
  draw($('kiosk-log'), rows(log, logRow, 'Nothing yet.'));
  offerKiosks(sessions.map(({ device }) => device));
  fillSettings(settings);
}

/** The kiosks there are, once. */
function offerKiosks(devices) {
  const place = $('kiosk-error-device');
  if (place.children.length === devices.length) return;
  draw(place, ...devices.map((device) => make('option', { value: device }, device)));
}

function errorForm() {
  const [device, code, message] = ['device', 'code', 'message'].map((name) => $(`kiosk-error-${name}`).value);
  return act(`${device} has an error.`, () => call('POST', 'kiosk/device-error', { device, code, message }));
}

/** Makes the forms work. */
export function startKiosk() {
  for (const [id, work] of [
    ['kiosk-error', errorForm],
    ['kiosk-settings', sendSettings],
  ]) {
    $(id).addEventListener('submit', (event) => {
      event.preventDefault();
      void work();
    });
  }
}

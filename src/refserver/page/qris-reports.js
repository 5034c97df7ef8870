// What QRIS soundboxes say: their heartbeats, and their answers to what was sent to them.

import { badge, empty, make, when } from './dom.js';

const STATE_TONES = { idle: 'good', error: 'bad' };
const ACK_TONES = { applied: 'good', done: 'good', accepted: 'info', ignored: '', rejected: 'bad', refused: 'bad', failed: 'bad' };
/** Longest result that is shown unasked, characters. */
const MOST_SHOWN = 80;

/** A list of rows, or what is said when there are none. */
export const rows = (list, row, otherwise) => (list.length > 0 ? make('ul', { className: 'rows' }, ...list.map(row)) : empty(otherwise));

/** A box by its last heartbeat. */
export function boxRow({ heartbeat, receivedAtMs }) {
  const { deviceId, state, networkStrength, batteryLevel, firmwareVersion } = heartbeat;
  const facts = [
    `version ${firmwareVersion}`,
    networkStrength === null ? 'wired' : `signal ${networkStrength} %`,
    batteryLevel === null ? 'no battery' : `battery ${batteryLevel} %`,
  ];
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, deviceId),
      make('div', { className: 'quiet' }, `${facts.join(' · ')} · heartbeat ${when(receivedAtMs)}`),
    ),
    make('div', { className: 'how' }, badge(state.replaceAll('_', ' '), STATE_TONES[state] ?? 'info')),
  );
}

/** Settings or a command that was sent, with the box's latest answer to it. */
export function orderRow(order, acks) {
  const { deviceId, kind, version, commandId, name, content, sentAtMs } = order;
  const known = acks.find(
    ({ ack }) => ack.deviceId === deviceId && (kind === 'config' ? ack.version === version : ack.command === commandId),
  );
  const given = JSON.stringify(content);
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, kind === 'config' ? `Settings ${version}` : name.replaceAll('_', ' ')),
      given === '{}' ? '' : make('span', { className: 'code' }, ` ${given}`),
      make('div', { className: 'quiet' }, `${deviceId} · ${when(sentAtMs)}`),
      ...(known ? saidBy(known.ack) : []),
    ),
    make('div', { className: 'how' }, known ? badge(known.ack.status, ACK_TONES[known.ack.status]) : badge('no answer yet', '')),
  );
}

/** Why, and what was found out; what is long is unfolded by a click. */
function saidBy({ command, code, reason, result = {} }) {
  const why = [code, reason].filter((part) => part !== '').join(' · ');
  const found = JSON.stringify(result);
  const parts = why === '' ? [] : [make('div', { className: 'quiet' }, why)];
  if (found === '{}') return parts;
  if (found.length <= MOST_SHOWN) return [...parts, make('div', { className: 'quiet code' }, found)];
  const text = Array.isArray(result.lines) ? result.lines.join('\n') : JSON.stringify(result, null, 2);
  return [
    ...parts,
    make(
      'details',
      { id: `qris-found-${command}`, className: 'found' },
      make('summary', { className: 'quiet' }, 'What it sent'),
      make('pre', { className: 'code' }, text),
    ),
  ];
}

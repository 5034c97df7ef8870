// Device groups: a form that makes and changes them, and the list.

import { $, act, call, keepRows, make } from './dom.js';

const SHOWN = 6;
const path = (name) => `tms/groups/${encodeURIComponent(name)}`;
const count = (devices) => (devices.length === 1 ? '1 device' : `${devices.length} devices`);

function some(devices) {
  const more = devices.length - SHOWN;
  return devices.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function groupRow({ name, devices }) {
  const button = (text, onclick) =>
    make('button', { type: 'button', className: 'plain', attributes: { 'aria-label': `${text} ${name}` }, onclick }, text);
  const edit = () => {
    $('group-name').value = name;
    $('group-devices').value = devices.join('\n');
    $('group-devices').focus();
  };
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', {}, name),
      make('span', { className: 'quiet' }, ` ${count(devices)}`),
      make('div', { className: 'quiet code' }, some(devices)),
    ),
    make(
      'div',
      { className: 'how' },
      button('Change', edit),
      button('Remove', () => act(`${name} is removed.`, () => call('DELETE', path(name)))),
    ),
  );
}

/** Shows the groups, by name. */
export function showGroups(groups) {
  $('groups-none').hidden = groups.length > 0;
  keepRows($('groups'), groups, ({ name, changedAtMs }) => `${changedAtMs} ${name}`, groupRow);
}

/** Makes the form save what is in it. */
export function takeGroups() {
  $('group').addEventListener('submit', (event) => {
    event.preventDefault();
    const name = $('group-name').value.trim();
    const devices = $('group-devices')
      .value.split(/[\s,;]+/)
      .filter(Boolean);
    act(`${name} is saved: ${count(devices)}.`, async () => {
      await call('PUT', path(name), { devices });
      $('group').reset();
    });
  });
}

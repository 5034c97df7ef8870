// The switchboard of things that can be made to go wrong.

import { $, act, call, draw, make } from './dom.js';

const AREAS = {
  mqtt: 'Payment message (MQTT)',
  http: 'Requests (HTTP)',
  qr: 'QR codes',
  payment: 'Payments',
  kiosk: 'Kiosk messages (WebSocket)',
  tms: 'Package downloads',
};

function numberField(kind, name, { least, most, default: preset, unit }) {
  const input = make('input', { type: 'number', id: `${kind}-${name}`, min: least, max: most, value: preset, required: true });
  return make('label', {}, name === 'retryAfterSeconds' ? 'retry after' : '', input, unit === 'status' ? 'status' : unit);
}

function faultRow(kind, spec, active) {
  const on = active.filter((fault) => fault.kind === kind);
  const left = on.map(({ times }) => times ?? Infinity).reduce((sum, times) => sum + times, 0);
  const text = on.length === 0 ? 'off' : left === Infinity ? 'on' : `${left} left`;
  const numbers = Object.entries(spec.numbers ?? {});
  const toggle = make(
    'button',
    {
      type: 'button',
      id: `fault-${kind}`,
      className: 'switch',
      attributes: { role: 'switch', 'aria-checked': String(on.length > 0), 'aria-label': spec.help },
      onclick: () => act(null, () => (on.length > 0 ? switchOff(on) : switchOn(kind, spec, numbers))),
    },
    text,
  );
  const where = on.map(({ path }) => path).filter(Boolean);
  return make(
    'div',
    { className: 'fault' },
    make('div', {}, spec.help, make('div', { className: 'quiet code' }, where.length > 0 ? `${kind} on …${where.join(', …')}` : kind)),
    toggle,
    numbers.length > 0 ? make('div', { className: 'numbers' }, ...numbers.map(([name, range]) => numberField(kind, name, range))) : null,
  );
}

async function switchOff(faults) {
  for (const { id } of faults) await call('DELETE', `faults/${id}`);
}

async function switchOn(kind, spec, numbers) {
  const times = $('fault-times').value;
  const path = $('fault-path').value.trim();
  const given = numbers.map(([name]) => [name, $(`${kind}-${name}`).valueAsNumber]);
  await call('POST', 'faults', {
    kind,
    ...(times === '' ? {} : { times: Number(times) }),
    ...(spec.area === 'http' && path !== '' ? { path } : {}),
    ...Object.fromEntries(given),
  });
}

/** Draws the switchboard. */
export async function showFaults() {
  const { faults, kinds } = await call('GET', 'faults');
  const groups = Object.entries(AREAS).map(([area, title]) => {
    const rows = Object.entries(kinds).filter(([, spec]) => spec.area === area);
    return make('div', { className: 'group' }, make('h3', {}, title), ...rows.map(([kind, spec]) => faultRow(kind, spec, faults)));
  });
  draw($('faults'), ...groups);
  $('faults-clear').hidden = faults.length === 0;
}

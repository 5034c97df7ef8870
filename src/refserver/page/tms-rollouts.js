// Roll-outs: one card each, with a progress bar for every device. Cards and rows are made once and then only updated:
// under a stream of reports nothing may move from under a finger.

import { $, act, call, keepRows, make, when } from './dom.js';

const TONES = { running: 'info', paused: 'bad', completed: 'good', cancelled: '', expired: 'bad' };
const DEVICE_TONES = { 'under-way': 'info', succeeded: 'good', failed: 'bad', expired: 'bad' };
const STATES = {
  waiting: 'waiting',
  'under-way': 'under way',
  succeeded: 'updated',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'too late',
};
/** From here on a package is all on its box. */
const DOWNLOADED = ['DOWNLOAD_SUCCESS', 'UPGRADING', 'UPGRADE_SUCCESS'];
const isOpen = (state) => state === 'running' || state === 'paused';

function setBadge(element, text, tone = '') {
  element.textContent = text;
  element.className = `badge ${tone}`;
}

const path = (id, rest) => `tms/deployments/${encodeURIComponent(id)}${rest}`;

/* One device */

function deviceRow({ deviceSn }, deployment) {
  const parts = {
    state: make('span', { className: 'badge' }),
    status: make('span', { className: 'status' }),
    bar: make('progress', { max: 100, attributes: { 'aria-label': `${deviceSn}: progress` } }),
    reports: make('ol', { className: 'history' }),
  };
  const history = make('details', { className: 'reports' }, make('summary', {}, 'History'), parts.reports);
  history.addEventListener('toggle', () => void (history.open && act(null, () => showReports(parts.reports, deviceSn, deployment))));
  const row = make(
    'li',
    { className: 'device' },
    make('div', { className: 'title-line' }, make('span', { className: 'code' }, deviceSn), parts.state),
    parts.bar,
    make('div', { className: 'title-line' }, parts.status, history),
  );
  return Object.assign(row, { parts, history });
}

function share({ state, status, progress }) {
  return state === 'succeeded' || DOWNLOADED.includes(status) ? 100 : progress;
}

/** What it last said, in words: the name of the status, how far, why, and when. Nothing of a device that was not told. */
function said({ status, progress, reason, reportedAtMs, toldAtMs }) {
  if (status === null) return toldAtMs === null ? '' : `told at ${when(toldAtMs)}, nothing heard yet`;
  const how = [status, status === 'PROGRESS' ? `${progress} %` : '', reason && `(${reason})`].filter(Boolean).join(' ');
  return `${how} · ${when(reportedAtMs)}`;
}

function updateDevice(row, device, deployment) {
  const { parts, history } = row;
  setBadge(parts.state, STATES[device.state], DEVICE_TONES[device.state]);
  parts.status.textContent = said(device);
  parts.bar.value = share(device);
  parts.bar.className = device.state;
  history.hidden = device.reportedAtMs === null;
  if (history.open && row.heardAtMs !== device.reportedAtMs) void act(null, () => showReports(parts.reports, device.deviceSn, deployment));
  row.heardAtMs = device.reportedAtMs;
}

async function showReports(list, deviceSn, deployment) {
  const { reports } = await call('GET', `tms/devices/${encodeURIComponent(deviceSn)}/reports`);
  const own = reports.filter((report) => report.deployment === deployment);
  list.replaceChildren(
    ...own.map(({ status, progress, reason, receivedAtMs }) =>
      make('li', {}, [when(receivedAtMs), status, status === 'PROGRESS' ? `${progress} %` : '', reason].filter(Boolean).join(' · ')),
    ),
  );
}

/* One roll-out */

function rolloutCard({ id, name, group }) {
  const title = `${name} to ${group}`;
  const order = (verb, text, done, question = null) => {
    const ask = () => question === null || confirm(question);
    const onclick = () => void (ask() && act(done, () => call('POST', path(id, `/${verb}`), {})));
    return make('button', { type: 'button', attributes: { 'aria-label': `${text}: ${title}` }, onclick }, text);
  };
  const parts = {
    state: make('span', { className: 'badge' }),
    plan: make('p', { className: 'quiet' }),
    bar: make('progress', { className: 'overall', attributes: { 'aria-label': `${title}: devices that have ended` } }),
    counts: make('p', { className: 'counts' }),
    pause: order('pause', 'Pause', 'The roll-out is paused.'),
    resume: order('resume', 'Resume', 'The roll-out goes on.'),
    resend: order('resend', 'Send again', 'Those under way are told once more.'),
    cancel: order(
      'cancel',
      'Cancel',
      'The roll-out is cancelled.',
      `Cancel the roll-out of ${title}? Devices that are under way go on, the others are not told.`,
    ),
    rows: make('ul', { className: 'devices' }),
  };
  parts.cancel.className = 'refuse';
  parts.resume.className = 'primary';
  const details = make('details', { className: 'all-devices' }, make('summary', {}, 'Devices'), parts.rows);
  details.addEventListener('toggle', () => void (details.open && act(null, () => showDevices(id, parts.rows))));
  const card = make(
    'article',
    { className: 'card rollout', attributes: { 'aria-label': title } },
    make('div', { className: 'title-line' }, make('strong', { className: 'code' }, name), parts.state),
    parts.plan,
    parts.bar,
    parts.counts,
    make('div', { className: 'actions' }, parts.resume, parts.pause, parts.resend, parts.cancel),
    details,
  );
  return Object.assign(card, { parts, details });
}

function planText({ group, batchSize, pauseAfterFailures, deadlineMs, permitDowngrade, createdAtMs, endedAtMs }) {
  return [
    `to ${group}`,
    `${batchSize} at a time`,
    `pauses after ${pauseAfterFailures} ${pauseAfterFailures === 1 ? 'failure' : 'failures'}`,
    permitDowngrade ? 'downgrade permitted' : '',
    `started ${when(createdAtMs)}`,
    endedAtMs !== null ? `ended ${when(endedAtMs)}` : deadlineMs !== null ? `until ${when(deadlineMs)}` : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

function overallTone({ state, counts }) {
  if (counts.failed + counts.expired > 0) return 'failed';
  return state === 'completed' ? 'succeeded' : 'cancelled';
}

function updateRollout(card, rollout) {
  const { parts } = card;
  const { state, counts } = rollout;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const underWay = counts['under-way'];
  const tone = overallTone(rollout);
  setBadge(parts.state, state, state === 'completed' && tone === 'failed' ? 'bad' : TONES[state]);
  parts.plan.textContent = planText(rollout);
  parts.bar.max = total;
  parts.bar.value = total - counts.waiting - underWay;
  parts.bar.className = `overall ${isOpen(state) ? '' : tone}`;
  const tally = Object.entries(STATES).filter(([name]) => counts[name] > 0);
  parts.counts.textContent = `${total === 1 ? '1 device' : `${total} devices`}: ${tally.map(([name, text]) => `${counts[name]} ${text}`).join(', ')}`;
  parts.pause.hidden = state !== 'running';
  parts.resume.hidden = state !== 'paused';
  parts.resend.hidden = state !== 'running' || underWay === 0;
  parts.cancel.hidden = !isOpen(state);
}

async function showDevices(id, list) {
  const { deployment } = await call('GET', path(id, '?history=no'));
  keepRows(
    list,
    deployment.devices,
    ({ deviceSn }) => deviceSn,
    (device) => deviceRow(device, id),
    (row, device) => updateDevice(row, device, id),
  );
}

/** Shows the roll-outs, the latest first; the devices of those that go on are there to see at once. */
export async function showRollouts(rollouts) {
  $('rollouts-none').hidden = rollouts.length > 0;
  const fresh = [];
  const made = (rollout) => {
    const card = rolloutCard(rollout);
    if (isOpen(rollout.state)) fresh.push(card);
    return card;
  };
  keepRows($('rollouts'), rollouts, ({ id }) => id, made, updateRollout);
  const cards = [...$('rollouts').children];
  // Opening one fetches its devices by itself.
  const open = cards.filter(({ details }) => details.open);
  for (const { details } of fresh) details.open = true;
  await Promise.all(open.map((card) => showDevices(rollouts[cards.indexOf(card)].id, card.parts.rows)));
}
